"""Reading the whole trail as a job: piece by piece, one at a time, going on where it stopped.

The row is the job; messages only ring. Whoever works on it moves ``walked`` from the number that
was read, so of two workers one stops. What it says is as trustworthy as the database: the proof
for outsiders is ``manage.py verify_audit --against`` the outside copy of the checkpoints.
"""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from vaultportal.audit import checkpoints, verification
from vaultportal.audit.chain import Head
from vaultportal.audit.models import Verification
from vaultportal.audit.verification import Break
from vaultportal.errors import Conflict

State = Verification.State
KEPT_BREAKS = 20
KEPT_RUNS = 200
LOST_AFTER = timedelta(seconds=30)


class _Overtaken(Exception):
    """Another worker has moved the row."""


class _Enough(Exception):
    """The time of this piece is over."""


def begin(asked_by: UUID, asked_name: str) -> Verification:
    """A new reading of everything; who calls it has checked the right and leaves the trace.

    Raises:
        Conflict: one is running.
    """
    row = Verification(asked_by=asked_by, asked_name=asked_name, total=verification.count())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict("verification", "A verification is running.", reason="running") from None
    return row


def is_due() -> bool:
    """Whether the last reading is older than AUDIT_VERIFY_HOURS; 0 is never."""
    if not settings.AUDIT_VERIFY_HOURS:
        return False
    last = Verification.objects.order_by("-id").values_list("created_at", flat=True).first()
    every = timedelta(hours=settings.AUDIT_VERIFY_HOURS)
    return last is None or last <= timezone.now() - every


def lost() -> list[UUID]:
    """Readings that nobody has moved for a while: a worker or a message was lost."""
    rows = Verification.objects.filter(
        state=State.RUNNING, touched_at__lt=timezone.now() - LOST_AFTER
    )
    return list(rows.values_list("pk", flat=True))


def go_on(run: UUID, *, seconds: float) -> bool:
    """Read for ``seconds``, a page at least; True when more is left. Safe to call beside itself."""
    row = Verification.objects.filter(pk=run, state=State.RUNNING).first()
    if row is None:
        return False
    try:
        _Reader(row, time.monotonic() + seconds).read()
    except _Overtaken:
        return False
    except _Enough:
        return True
    return False


class _Reader:
    """One piece of work on one row."""

    def __init__(self, row: Verification, until: float) -> None:
        self._row, self._until = row, until
        self._pending = 0
        self._moved = False

    def read(self) -> None:
        since = {
            int(shard): Head(int(shard), seq, bytes.fromhex(mac))
            for shard, (seq, mac) in self._row.heads.items()
        }
        for found in verification.verify(since=since, walked=self._walked, reached=self._reached):
            self._note(found)
        for found in checkpoints.breaks():
            self._note(found)
        self._end()

    def _note(self, found: Break) -> None:
        line = [found.kind, found.text, found.shard, found.seq]
        row = self._row
        # What is no entry's own (a head, a stray chain) is found again by each piece.
        if not found.fatal or line in row.breaks:
            return
        row.found += 1
        if len(row.breaks) < KEPT_BREAKS:
            row.breaks.append(line)

    def _walked(self, entries: int) -> None:
        self._pending += entries

    def _reached(self, head: Head) -> None:
        if self._moved and time.monotonic() >= self._until:
            raise _Enough
        self._row.heads[str(head.shard)] = [head.seq, head.mac.hex()]
        self._save(State.RUNNING)
        self._moved = True

    def _end(self) -> None:
        self._save(State.BROKEN if self._row.found else State.WHOLE)
        _prune()

    def _save(self, state: str) -> None:
        row, now = self._row, timezone.now()
        moved = Verification.objects.filter(
            pk=row.pk, state=State.RUNNING, walked=row.walked
        ).update(
            state=state,
            walked=row.walked + self._pending,
            heads=row.heads if state == State.RUNNING else {},
            breaks=row.breaks,
            found=row.found,
            touched_at=now,
            ended_at=None if state == State.RUNNING else now,
        )
        if not moved:
            raise _Overtaken
        row.walked, self._pending = row.walked + self._pending, 0


def _prune() -> None:
    """Let go of old outcomes; the trail tells who asked for them."""
    kept = Verification.objects.order_by("-id").values_list("pk", flat=True)[:KEPT_RUNS]
    oldest = list(kept)[-1]
    Verification.objects.filter(pk__lt=oldest).delete()
