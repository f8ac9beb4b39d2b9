"""How long backups are kept: the newest as a whole, and the keys in them for days.

Only what rows say that the portal made is removed, and only in its own folder. A folder is renamed
before it is emptied, so what is left of it does not look whole. What cannot be removed keeps its
row as it was, and is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from vaultportal import trail
from vaultportal.identity.actor import system
from vaultportal.ops.backups.making import PREFIX, discard
from vaultportal.ops.backups.manifest import KEYS
from vaultportal.ops.models import Backup
from vaultportal.trail import Target

logger = logging.getLogger(__name__)


def is_due() -> bool:
    """Whether there is something to sweep: one query, none without PORTAL_BACKUP_DIR."""
    rows = _kept()
    return bool(_surplus(rows) or _with_old_keys(rows))


def sweep() -> None:
    """Remove what is older than PORTAL_BACKUP_KEEP and PORTAL_BACKUP_KEYS_DAYS say.

    The caller holds the lock of ``line.alone``.
    """
    rows = _kept()
    if not any(_folder(row).is_dir() for row in rows):
        return  # a disk that is not there: no row may say that its files are gone
    for remove, found in ((_remove, _surplus(rows)), (_remove_keys, _with_old_keys(rows))):
        for row in found:
            try:
                remove(row)
            except OSError as fault:  # it must not hold up the others
                logger.warning("%s cannot be removed (%s)", _folder(row), fault.strerror)


def _kept() -> list[Backup]:
    if not settings.PORTAL_BACKUP_DIR:
        return []
    return list(
        Backup.objects.filter(
            place=settings.PORTAL_BACKUP_DIR,
            state=Backup.State.DONE,
            name__startswith=PREFIX,
            gone_at=None,
        )
    )


def _surplus(rows: Sequence[Backup]) -> Sequence[Backup]:
    return rows[settings.PORTAL_BACKUP_KEEP :]


def _with_old_keys(rows: Sequence[Backup]) -> Sequence[Backup]:
    if not settings.PORTAL_BACKUP_KEYS_DAYS:
        return []
    oldest = timezone.now() - timedelta(days=settings.PORTAL_BACKUP_KEYS_DAYS)
    staying = rows[: settings.PORTAL_BACKUP_KEEP]
    return [row for row in staying if row.created_at < oldest and row.keys_gone_at is None]


def _folder(row: Backup) -> Path:
    return Path(row.place) / Path(row.name).name


@trail.unit()
def _remove(row: Backup) -> None:
    folder = _folder(row)
    leaving = folder.with_name(f".{folder.name}.part")
    if folder.is_dir():
        folder.rename(leaving)
    discard(leaving)  # what stays is swept with the drafts
    row.gone_at = timezone.now()
    row.save(update_fields=["gone_at"])
    _record(row, "all")


@trail.unit()
def _remove_keys(row: Backup) -> None:
    (_folder(row) / KEYS).unlink(missing_ok=True)
    row.keys_gone_at = timezone.now()
    row.save(update_fields=["keys_gone_at"])
    _record(row, "keys")


def _record(row: Backup, part: str) -> None:
    trail.record(system(), "backup.remove", Target("backup", str(row.pk), str(row)), part=part)
