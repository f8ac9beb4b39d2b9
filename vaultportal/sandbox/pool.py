"""The locked processes of one process of the portal: started when needed, replaced when dead."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from vaultportal.sandbox import results
from vaultportal.sandbox.errors import Busy, Died, LimitHit, NotAvailable
from vaultportal.sandbox.servers import Gone, Launch, Template, Zygote
from vaultportal.sandbox.values import Availability, Limits, Program

logger = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 30.0  # whether this machine locks code in, after it did not


@dataclass(slots=True)
class Place:
    """Where a bundle's template is, or will be: who finds none makes it, and others wait."""

    slots: threading.BoundedSemaphore
    lock: threading.Lock = field(default_factory=threading.Lock)
    template: Template | None = None


class Pool:
    """Thread-safe.

    processes: of calls at once; half of them at most for one bundle.
    templates: parsed bundles that are kept; some MiB each beyond what they share.
    patience: seconds that a call waits for room.
    """

    def __init__(
        self, launch: Launch, processes: int, *, templates: int = 16, patience: float = 10.0
    ) -> None:
        self._launch = launch
        self._most_templates = templates
        self._patience = patience
        self._share = max(1, processes // 2)
        self._slots = threading.BoundedSemaphore(processes)
        self._lock = threading.Lock()
        self._zygote: Zygote | None = None
        self._asked = -ASK_AGAIN_SECONDS
        self._answer = Availability(ready=False, locked=False, locks=(), reasons=())
        self._places: OrderedDict[str, Place] = OrderedDict()

    def availability(self) -> Availability:
        """Which locks hold. Starts a zygote unless one is running."""
        with self._lock:
            self._find_zygote()
            return self._answer

    def zygote_pid(self) -> int:
        """The process that all others of this pool come from. Raises NotAvailable."""
        with self._lock:
            return self._need_zygote().pid

    @contextmanager
    def slot(self, program: Program) -> Iterator[None]:
        """Room for one more process. Raises Busy."""
        until = time.monotonic() + self._patience
        with ExitStack() as held:
            for slots in (self._place(program).slots, self._slots):
                if not slots.acquire(timeout=max(0.0, until - time.monotonic())):
                    raise Busy(retry_after=1)
                held.callback(slots.release)
            yield

    def template(self, program: Program, limits: Limits) -> Template:
        """The process that has parsed this bundle.

        Raises:
            SyntaxFault, LimitHit, Died: it cannot be parsed. NotAvailable: nothing is run here.
        """
        place = self._place(program)
        with place.lock:
            if place.template is None:
                place.template = self._parse(program, limits)
            return place.template

    def discard(self, program: Program, template: Template) -> None:
        """It does not answer any more; the next call makes another."""
        place = self._place(program)
        with place.lock:
            if place.template is template:
                place.template = None
        template.close()

    def close(self) -> None:
        """End all of them. The pool may be used again."""
        with self._lock:
            places, self._places = self._places, OrderedDict()
            zygote, self._zygote = self._zygote, None
        for place in places.values():
            if place.template is not None:
                place.template.close()
        if zygote is not None:
            zygote.close()

    def abandon(self) -> None:
        """In a fork of the portal, where no other thread lives on: let go of all, end nothing."""
        for place in self._places.values():
            if place.template is not None:
                place.template.abandon()
        if self._zygote is not None:
            self._zygote.abandon()

    def _place(self, program: Program) -> Place:
        with self._lock:
            place = self._places.get(program.digest)
            if place is None:
                place = self._places[program.digest] = Place(
                    threading.BoundedSemaphore(self._share)
                )
            self._places.move_to_end(program.digest)
            evicted = None
            if len(self._places) > self._most_templates:
                _, evicted = self._places.popitem(last=False)
        if evicted is not None and evicted.template is not None:
            evicted.template.close()  # its running calls go on; who comes now makes another
        return place

    def _parse(self, program: Program, limits: Limits) -> Template:
        try:
            source = program.source.encode()
        except UnicodeEncodeError:
            raise results.syntax_fault("SyntaxError: not valid Unicode") from None
        if len(source) > limits.input_bytes:
            raise LimitHit(limit="input")
        for _ in range(2):  # the zygote may have died since it was last needed
            with self._lock:
                zygote = self._need_zygote()
            try:
                return self._parsed(Template(zygote.new_template()), source, limits)
            except Gone:
                continue
            except TimeoutError:
                self._retire(zygote)
                raise LimitHit(limit="wall") from None
        raise Died

    def _parsed(self, template: Template, source: bytes, limits: Limits) -> Template:
        begun = time.monotonic()
        try:
            report = template.parse(source, limits)
            if "syntax" in report:
                raise results.syntax_fault(report["syntax"])
            if "limit" in report:
                raise LimitHit(limit="memory")
        except BaseException as fault:  # whatever it is, no process may stay behind
            template.close()
            if isinstance(fault, Gone) and time.monotonic() - begun >= limits.cpu_seconds:
                raise LimitHit(limit="cpu") from None  # a timer ends a parser that takes too long
            raise
        return template

    def _retire(self, zygote: Zygote) -> None:
        """It does not move. Templates that it has made do not need it."""
        with self._lock:
            if self._zygote is not zygote:
                return
            self._zygote = None
        zygote.kill()

    def _need_zygote(self) -> Zygote:
        zygote = self._find_zygote()
        if zygote is None:
            reasons = "; ".join(self._answer.reasons)
            raise NotAvailable(message=f"Actions are off on this machine: {reasons}.")
        return zygote

    def _find_zygote(self) -> Zygote | None:
        """The running one, or a new one. The pool's lock is held."""
        if self._zygote is not None:
            if self._zygote.is_alive():
                return self._zygote
            logger.error("The runtime of the actions has died; another is started.")
            self._zygote.close()
            self._zygote = None
        elif time.monotonic() - self._asked < ASK_AGAIN_SECONDS and not self._answer.ready:
            return None
        self._asked = time.monotonic()
        try:
            zygote = Zygote(self._launch)
        except (NotAvailable, OSError) as refusal:
            reason = f"start: {refusal}"
            self._answer = Availability(ready=False, locked=False, locks=(), reasons=(reason,))
            return None
        missing = tuple(zygote.report["missing"])
        ready = zygote.is_serving
        self._answer = Availability(ready, not missing, tuple(zygote.report["locks"]), missing)
        if not ready:
            zygote.close()
            return None
        self._zygote = zygote
        return zygote


_pool: Pool | None = None
_lock = threading.Lock()


def pool() -> Pool:
    """The pool of this process, configured by the settings."""
    global _pool
    with _lock:
        if _pool is None:
            launch = Launch(
                account=settings.PORTAL_ACTIONS_UID,
                unlocked=settings.PORTAL_ACTIONS_UNLOCKED == "development",
            )
            _pool = Pool(launch, settings.PORTAL_ACTIONS_PROCESSES)
            atexit.register(_pool.close)
        return _pool


def _forget() -> None:
    """In a fork (the workers of Celery): the processes answer the one that has started them."""
    global _pool, _lock
    _lock = threading.Lock()
    if _pool is not None:
        atexit.unregister(_pool.close)
        _pool.abandon()
        _pool = None


os.register_at_fork(after_in_child=_forget)
