"""Rotations as jobs: a row says what was asked, and whoever is rung for works on where it stands.

One worker has the job at a time: the row names it. One that was taken for lost writes nothing to
the row any more. Each step may be done twice or late all the same: a root key is made only while
nothing waits for the one before it, a scope is rotated only if its key is older than the job, and
what is renewed is what the rows say is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from vaultportal.crypto import rewrap, rotation
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.models import DataKey, KeyJob, KeyState
from vaultportal.crypto.rewrap import Progress
from vaultportal.errors import Conflict

State = KeyJob.State
KEPT_BROKEN = 20
KEPT_JOBS = 200
LOST_AFTER = timedelta(minutes=2)
MOST_TRIES = 5  # without a piece that came to its end
WRITTEN = (
    "state", "phase", "done", "broken", "found", "detail", "ended_at", "worker", "tries",
    "touched_at",
)  # fmt: skip


class _Enough(Exception):
    """The time of this piece is over."""


class _Taken(Exception):
    """Another worker has the job, or it has ended."""


def begin(kind: str, asked_by: UUID, asked_name: str) -> KeyJob:
    """A new job; who calls it has checked the right and leaves the trace.

    Raises:
        Conflict: one is running.
    """
    try:
        with transaction.atomic():
            return KeyJob.objects.create(kind=kind, asked_by=asked_by, asked_name=asked_name)
    except IntegrityError:
        raise Conflict("key job", "Keys are being rotated.", reason="running") from None


def lost() -> list[UUID]:
    """Jobs that nobody has moved for a while: a worker or a message was lost. They are free now."""
    rows = KeyJob.objects.filter(state=State.RUNNING, touched_at__lt=timezone.now() - LOST_AFTER)
    found = list(rows.values_list("pk", flat=True))
    rows.update(worker=None, touched_at=timezone.now())
    return found


def _nobody(row: KeyJob) -> None:
    """Of the end of ``row`` nobody wants to know."""


def go_on(
    job_id: UUID, *, seconds: float, at_end: Callable[[KeyJob], None] = _nobody
) -> KeyJob | None:
    """Work for ``seconds``; the job while it runs or as it has just ended.

    None when it is over, or another worker has it. To be called outside of a transaction: each step
    commits by itself. at_end: called in the transaction that ends the job, so that what it writes
    is there if and only if the job is over.
    """
    free = KeyJob.objects.filter(pk=job_id, state=State.RUNNING, worker=None)
    if not free.update(worker=uuid4(), touched_at=timezone.now(), tries=F("tries") + 1):
        return None
    row = KeyJob.objects.get(pk=job_id)
    worker = _Worker(row, time.monotonic() + seconds, at_end)
    try:
        if row.tries > MOST_TRIES:
            worker.end(State.FAILED, "It was cut off again and again; the log says by what.")
        else:
            worker.work()
    except _Enough:
        return row
    except _Taken:
        return None
    except RootKeyRefused as refusal:
        worker.end(State.FAILED, refusal.message)
    except OSError as fault:  # a folder of keys that this process may not write to
        worker.end(State.FAILED, f"The file of root keys cannot be written: {fault.strerror}.")
    return row


class _Worker:
    """One piece of work on one job."""

    def __init__(self, row: KeyJob, until: float, at_end: Callable[[KeyJob], None]) -> None:
        self._row, self._until, self._name = row, until, row.worker
        self._at_end = at_end

    def work(self) -> None:
        # Each piece comes by all that does not open.
        self._row.found, self._row.broken = 0, []
        if self._row.kind == KeyJob.Kind.ROOT:
            self._in_phase("", rotation.promote_root_key)
            self._walk(rewrap.rewrap_data_keys())
        else:
            self._in_phase("", self._rotate)
            self._walk(rewrap.rewrap_object_keys())
            self._walk(rewrap.reseal_vault_fields())
        self.end(State.BROKEN if self._row.found else State.DONE)

    def end(self, state: str, detail: str = "") -> None:
        """Nothing is left to do, or nothing can be done."""
        self._row.state, self._row.detail = state, detail
        self._row.ended_at = timezone.now()
        with transaction.atomic():
            self._save()
            newest = KeyJob.objects.order_by("-created_at").values_list("pk", flat=True)
            kept = list(newest[:KEPT_JOBS])
            KeyJob.objects.exclude(state=State.RUNNING).exclude(pk__in=kept).delete()
            self._at_end(self._row)

    def _in_phase(self, phase: str, step: Callable[[], object]) -> None:
        if self._row.phase == phase:
            step()
            self._row.phase = KeyJob.RENEWING
            self._save()

    def _rotate(self) -> None:
        old = DataKey.objects.filter(state=KeyState.ACTIVE, created_at__lt=self._row.created_at)
        for scope in old.order_by("scope").values_list("scope", flat=True):
            rotation.rotate_data_key(scope)
            self._save()
            self._breathe()

    def _walk(self, steps: Iterator[Progress]) -> None:
        progress = Progress()
        known = self._row.done
        for progress in steps:
            is_further = known + progress.done > self._row.done
            self._row.done = known + progress.done
            self._save()
            if is_further:  # a step that finds nothing is not one to begin anew with
                self._breathe()
        for name in progress.broken:
            if name not in self._row.broken:
                self._row.found += 1
                self._row.broken = [*self._row.broken, name][:KEPT_BROKEN]

    def _breathe(self) -> None:
        if time.monotonic() >= self._until:
            self._row.worker, self._row.tries = None, 0
            self._save()
            raise _Enough

    def _save(self) -> None:
        self._row.touched_at = timezone.now()
        own = KeyJob.objects.filter(pk=self._row.pk, state=State.RUNNING, worker=self._name)
        if not own.update(**{field: getattr(self._row, field) for field in WRITTEN}):
            raise _Taken
