"""Backups that people ask for: made and tried out by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from vaultportal import trail
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Disabled, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ops.backups import jobs
from vaultportal.ops.models import Backup

# Listed at most: of those that are kept (PORTAL_BACKUP_KEEP is less), and of all others.
MOST_KEPT, LATEST = 500, 20
KEPT: Mapping[str, Any] = {"state": Backup.State.DONE, "gone_at": None}
UNDER_WAY = {Backup.State.WAITING, Backup.State.RUNNING}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the schedule. at: since when, None when that is not known.

    kind: ``none`` was made yet, the last one ``failed``, or it is ``old``.
    """

    kind: str
    at: datetime | None = None
    detail: str = ""


@trail.unit()
def back_up(actor: Actor) -> Backup:
    """Have a backup made in PORTAL_BACKUP_DIR.

    Raises:
        Forbidden; Disabled: the variable is not set; Busy: one is being made.
    """
    access.require(actor, SettingPermission.CHANGE, Setting)
    row = jobs.ask(actor, _place())
    trail.record(actor, "backup.make", jobs.target_of(row))
    transaction.on_commit(lambda: _ring(row.pk), robust=True)
    return row


@trail.unit()
def test_restore(actor: Actor, backup_id: UUID) -> Backup:
    """Have a backup restored into a server that is thrown away.

    Raises:
        Forbidden, NotFound; Disabled: PORTAL_BACKUP_DIR is not set; Busy: one is being tried out.
    """
    access.require(actor, SettingPermission.CHANGE, Setting)
    _place()
    row = Backup.objects.filter(pk=backup_id, keys_gone_at=None, **KEPT).first()
    if row is None:
        raise NotFound("backup")
    jobs.ask_test(row)
    trail.record(actor, "backup.test", jobs.target_of(row))
    transaction.on_commit(lambda: _ring_test(row.pk), robust=True)
    return row


def list_backups(actor: Actor) -> list[Backup]:
    """Those that are kept and the latest of the others, newest first. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    kept = Backup.objects.filter(**KEPT)[:MOST_KEPT]
    others = Backup.objects.exclude(**KEPT)[:LATEST]
    return sorted([*kept, *others], key=lambda row: row.created_at, reverse=True)


def under_way(actor: Actor) -> QuerySet[Backup]:
    """Those that are made or tried out now; none without the right to see them."""
    rows = Backup.objects.filter(Q(state__in=UNDER_WAY) | Q(test_state__in=UNDER_WAY))
    return rows if access.holds(actor, SettingPermission.VIEW) else rows.none()


def oldest_with_keys(actor: Actor) -> datetime | None:
    """When the oldest one that still has its keys was made; None without one. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    whole = Backup.objects.filter(keys_gone_at=None, **KEPT)
    found: datetime | None = whole.aggregate(at=Min("created_at"))["at"]
    return found


def trouble(actor: Actor) -> Trouble | None:
    """What whoever runs the portal should know of its schedule: one query, none without one."""
    every = settings.PORTAL_BACKUP_HOURS
    if not every or not access.holds(actor, SettingPermission.VIEW):
        return None
    ended = Backup.objects.filter(
        place=settings.PORTAL_BACKUP_DIR, state__in=(Backup.State.DONE, Backup.State.FAILED)
    )
    last = ended.first()
    if last is None:
        return Trouble("none")
    if last.state == Backup.State.FAILED:
        return Trouble("failed", last.ended_at, last.detail)
    if last.created_at < timezone.now() - 2 * timedelta(hours=every):
        return Trouble("old", last.created_at)
    return None


def _place() -> Path:
    if not settings.PORTAL_BACKUP_DIR:
        raise Disabled("backup", "PORTAL_BACKUP_DIR is not set.")
    return Path(settings.PORTAL_BACKUP_DIR)


def _ring(backup_id: UUID) -> None:
    from vaultportal.ops import tasks  # noqa: PLC0415 the task calls the rows' keeper

    tasks.back_up.delay(str(backup_id))


def _ring_test(backup_id: UUID) -> None:
    from vaultportal.ops import tasks  # noqa: PLC0415 as above

    tasks.test_restore.delay(str(backup_id))
