"""Backups as rows: asked for, carried out by whoever is rung, found again when they were lost.

Whoever works holds the lock of ``line.alone``. A row that is running while nobody holds it belongs
to a process that is dead; one that waits is rung for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from vaultportal import trail
from vaultportal.errors import VaultError
from vaultportal.identity.actor import Actor, system
from vaultportal.ops.backups import finding, keeping, line, making, scratch
from vaultportal.ops.backups.errors import Busy
from vaultportal.ops.backups.line import Session
from vaultportal.ops.models import Backup
from vaultportal.trail import Target

State, Test = Backup.State, Backup.Test
OPEN = (State.WAITING, State.RUNNING)
CUT_OFF = "It was cut off: the process that worked on it has ended."
UNEXPECTED = "It failed for a reason that the log tells."
RETRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows that nobody works on and somebody should."""

    backups: tuple[UUID, ...] = ()
    tests: tuple[UUID, ...] = ()


def ask(actor: Actor, place: Path, *, is_scheduled: bool = False) -> Backup:
    """A backup that waits for a worker; who calls it has checked the right and leaves the trace.

    Raises:
        Busy: one waits, or is being made.
    """
    if Backup.objects.filter(state__in=OPEN).exists():
        raise Busy("backup", reason="running")
    return _insert(actor, place, State.WAITING, is_scheduled=is_scheduled)


def ask_test(backup: Backup) -> None:
    """Have a backup tried out by a worker.

    Raises:
        Busy: one waits for that, or is being tried out.
    """
    if Backup.objects.filter(test_state__in=OPEN).exists():
        raise Busy("backup", reason="running")
    try:
        with transaction.atomic():
            Backup.objects.filter(pk=backup.pk).update(test_state=Test.WAITING, test_detail="")
    except IntegrityError:
        raise Busy("backup", reason="running") from None


def back_up_now(actor: Actor, place: Path) -> Backup:
    """Make one in this process, whatever waits.

    Raises:
        Busy: one is being made. BackupFailed, RuntimeFault, RootKeyRefused: as ``making.make``.
    """
    with line.alone() as session:
        bury()
        row = _insert(actor, place, State.RUNNING)
        _make(session, row)
        return row


def carry_out(backup_id: UUID) -> None:
    """Make the one that waits; nothing when it does not wait any more. Raises as the one above."""
    with line.alone() as session:
        bury()
        if Backup.objects.filter(pk=backup_id, state=State.WAITING).update(state=State.RUNNING):
            row = Backup.objects.get(pk=backup_id)
            _make(session, row)
            if row.place == settings.PORTAL_BACKUP_DIR:
                keeping.sweep()


def try_out(backup_id: UUID) -> None:
    """Try out the one that waits for it. Raises as ``scratch.try_out``, and Busy."""
    with line.alone() as session:
        bury()
        waiting = Backup.objects.filter(pk=backup_id, test_state=Test.WAITING)
        if waiting.update(test_state=Test.RUNNING):
            _try_out(session, Backup.objects.get(pk=backup_id))


def try_out_now(folder: Path, backup_id: UUID) -> str:
    """Try out a backup in this process; the result stands in its row, where it has one."""
    with line.alone() as session:
        bury()
        row = Backup.objects.filter(pk=backup_id).first()
        if row is None:
            return scratch.try_out(session, folder)
        row.test_state = Test.RUNNING
        row.save(update_fields=["test_state"])
        row.place, row.name = str(folder.parent), folder.name  # wherever it was moved to
        return _try_out(session, row)


def tidy() -> None:
    """Remove what is kept for too long, also where no new ones are made.

    Raises:
        Busy: somebody works on backups. BackupFailed: the database does not answer.
    """
    if settings.PORTAL_BACKUP_DIR:
        with line.alone():
            keeping.sweep()


def bury() -> None:
    """End what dead processes left; the caller holds the lock, so nobody works on them."""
    now = timezone.now()
    Backup.objects.filter(state=State.RUNNING).update(
        state=State.FAILED, detail=CUT_OFF, ended_at=now
    )
    tests = Backup.objects.filter(test_state=Test.RUNNING)
    if tests.update(test_state=Test.FAILED, test_detail=CUT_OFF, tested_at=now):
        scratch.clear()  # what it restored is the database with its keys


def waiting() -> Waiting:
    """What is to be rung for; nothing while somebody works, who is waited for."""
    rows = Backup.objects.filter(Q(state__in=OPEN) | Q(test_state__in=OPEN))
    found = list(rows.values_list("pk", "state", "test_state"))
    if any(State.RUNNING in states for _, *states in found):
        try:
            with line.alone():
                bury()
        except Busy:
            return Waiting()
    return Waiting(
        tuple(pk for pk, state, _ in found if state == State.WAITING),
        tuple(pk for pk, _, test_state in found if test_state == Test.WAITING),
    )


def is_due() -> bool:
    """Whether the schedule asks for one; sooner than usual when the last attempt failed."""
    if not settings.PORTAL_BACKUP_HOURS:
        return False
    rows = Backup.objects.filter(place=settings.PORTAL_BACKUP_DIR)
    last = rows.values_list("created_at", "state").first()
    if last is None:
        return True
    every = timedelta(hours=settings.PORTAL_BACKUP_HOURS)
    wait = min(every, RETRY) if last[1] == State.FAILED else every
    return bool(last[0] <= timezone.now() - wait)


def _insert(actor: Actor, place: Path, state: str, *, is_scheduled: bool = False) -> Backup:
    try:
        with transaction.atomic():
            return Backup.objects.create(
                state=state,
                is_scheduled=is_scheduled,
                asked_by=actor.user_id,
                asked_name=actor.name,
                place=str(place),
            )
    except IntegrityError:
        raise Busy("backup", reason="running") from None


def _make(session: Session, row: Backup) -> None:
    try:
        made = making.make(session, Path(row.place), row.pk)
    except (VaultError, ImproperlyConfigured) as refusal:
        _end(row, State.FAILED, str(refusal))
        raise
    except BaseException:  # whatever it is, the row must not go on saying that it runs
        _end(row, State.FAILED, UNEXPECTED)
        raise
    row.name, row.bytes, row.digest = made.name, made.size, made.data_digest
    _end(row, State.DONE, "")


@trail.unit()
def _end(row: Backup, state: str, detail: str) -> None:
    row.state, row.detail, row.ended_at = state, detail, timezone.now()
    row.save(update_fields=["state", "detail", "ended_at", "name", "bytes", "digest"])
    trail.record(
        system(),
        "backup.made",
        target_of(row),
        outcome="success" if state == State.DONE else "failure",
        bytes=row.bytes,
        sha256=row.digest,
    )
    kept = list(Backup.objects.values_list("pk", flat=True)[: finding.KEPT_ROWS])
    # The row of a folder that is still to be swept is all that tells of it.
    told = Q(state=State.FAILED) | Q(gone_at__isnull=False) | ~Q(place=settings.PORTAL_BACKUP_DIR)
    Backup.objects.filter(told).exclude(state__in=OPEN).exclude(pk__in=kept).delete()


def _try_out(session: Session, row: Backup) -> str:
    try:
        result = scratch.try_out(session, Path(row.place) / row.name)
    except (VaultError, ImproperlyConfigured) as refusal:
        _end_test(row, Test.FAILED, str(refusal))
        raise
    except BaseException:  # as above
        _end_test(row, Test.FAILED, UNEXPECTED)
        raise
    _end_test(row, Test.PASSED, result)
    return result


@trail.unit()
def _end_test(row: Backup, state: str, detail: str) -> None:
    row.test_state, row.test_detail, row.tested_at = state, detail, timezone.now()
    row.save(update_fields=["test_state", "test_detail", "tested_at"])
    outcome = "success" if state == Test.PASSED else "failure"
    trail.record(system(), "backup.tested", target_of(row), outcome=outcome)


def target_of(row: Backup) -> Target:
    """As the trail names it."""
    return Target("backup", str(row.pk), str(row))
