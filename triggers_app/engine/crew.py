"""Threads that send. They never touch the database but for what its run did not wait for."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock

from django.db import connection
from django.utils import timezone

from triggers_app.engine import limits
from triggers_app.engine.claims import Claim
from triggers_app.engine.outgoing import Outgoing
from triggers_app.engine.verdicts import Result
from vaultportal import outbound
from vaultportal.outbound import OutboundError, Rules

logger = logging.getLogger(__name__)

SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt that has ended; ``at``: when it began."""

    claim: Claim
    outgoing: Outgoing
    result: Result
    at: datetime
    ended_at: datetime


def send(claim: Claim, outgoing: Outgoing, rules: Rules) -> Sent:
    """Make the attempt; every failure is a result."""
    began = timezone.now()
    try:
        result: Result = outbound.send(outgoing.request, rules)
    except OutboundError as failure:
        result = failure
    except Exception:  # an attempt without a result would be unknown until its lease ends
        logger.exception("A delivery failed in a way that nobody foresaw.")
        result = outbound.Unreachable("address", "The request could not be made.")
    return Sent(claim, outgoing, result, began, timezone.now())


class Crew:
    """The threads of this process; those of gates apart, so that nothing else can use them up."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: threads do not come along into a forked child."""
        self._lock = Lock()
        self._busy = {False: 0, True: 0}
        self._pools: dict[bool, ThreadPoolExecutor] = {}

    def free(self, *, gates: bool) -> int:
        """How many more can be sent at once."""
        size = limits.GATE_THREADS if gates else limits.THREADS
        with self._lock:
            return size - self._busy[gates]

    def start(self, work: Callable[[], None], *, gates: bool) -> None:
        """Do ``work`` in a thread; there must be a free one."""

        def run() -> None:
            try:
                work()
            finally:
                with self._lock:
                    self._busy[gates] -= 1

        with self._lock:
            self._busy[gates] += 1
            pool = self._pools.get(gates)
            if pool is None:
                size = limits.GATE_THREADS if gates else limits.THREADS
                # Else the thread that claims and settles waits 5 ms for its turn after each of its
                # statements, while these compute.
                sys.setswitchinterval(SWITCH_SECONDS)
                pool = self._pools[gates] = ThreadPoolExecutor(size, "delivery")
        pool.submit(run)


class Flight:
    """What one run of the pump has in the air.

    When the run is over, what is still out is settled by its own thread: a receiver that hangs must
    not keep a worker from its other tasks.
    """

    def __init__(self, settle: Callable[[list[Sent]], None]) -> None:
        self._settle = settle
        self._landed: SimpleQueue[Sent] = SimpleQueue()
        self._lock = Lock()
        self._closed = False
        self._out = 0

    @property
    def out(self) -> int:
        """How many have not been collected."""
        return self._out

    def launch(self, claim: Claim, outgoing: Outgoing, rules: Rules) -> None:
        """Send one."""
        self._out += 1
        crew.start(lambda: self._land(send(claim, outgoing, rules)), gates=claim.invocation.is_gate)

    def collect(self, seconds: float) -> list[Sent]:
        """What has landed; waits for the first for at most ``seconds``."""
        landed = []
        try:
            landed.append(
                self._landed.get(timeout=seconds) if seconds else self._landed.get_nowait()
            )
            while True:
                landed.append(self._landed.get_nowait())
        except Empty:
            pass
        self._out -= len(landed)
        return landed

    def close(self) -> list[Sent]:
        """End the run: what has landed until now; the rest settles itself."""
        with self._lock:
            self._closed = True
        return self.collect(0)

    def _land(self, sent: Sent) -> None:
        with self._lock:
            if not self._closed:
                self._landed.put(sent)
                return
        try:
            self._settle([sent])
        except Exception:  # nobody waits for this thread; the row is due again after its lease
            logger.exception("A delivery could not be settled; it is repeated after its lease.")
        finally:
            connection.close()


crew = Crew()
os.register_at_fork(after_in_child=crew.forget)
