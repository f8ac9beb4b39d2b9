"""How long backups are kept: the newest as a whole, and the keys in them for days.

Only what rows say that the portal made is removed, and only in its own folder. A folder is renamed
before it is emptied, so what is left of it does not look whole. What cannot be removed keeps its
row as it was, and is tried again. What is not there keeps it too, and counts for nothing: a disk
that is not mounted looks the same, even with newer backups in its place.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from vaultportal import trail
from vaultportal.identity.actor import system
from vaultportal.ops.backups import finding
from vaultportal.ops.backups.making import PREFIX, discard
from vaultportal.ops.backups.manifest import KEYS
from vaultportal.ops.models import Backup
from vaultportal.trail import Target

logger = logging.getLogger(__name__)


def sweep() -> None:
    """Remove what is older than PORTAL_BACKUP_KEEP and PORTAL_BACKUP_KEYS_DAYS say.

    PORTAL_BACKUP_DIR is set, and the caller holds the lock of ``line.alone``.
    """
    try:
        finding.take_up()
    except OSError as fault:  # as below
        logger.warning("%s cannot be listed (%s)", settings.PORTAL_BACKUP_DIR, fault.strerror)
    rows = _kept()
    for remove, found in ((_remove, _surplus(rows)), (_remove_keys, _with_old_keys(rows))):
        for row in found:
            try:
                remove(row)
            except OSError as fault:  # it must not hold up the others
                logger.warning("%s cannot be removed (%s)", _folder(row), fault.strerror)


def _kept() -> list[Backup]:
    rows = Backup.objects.filter(
        place=settings.PORTAL_BACKUP_DIR,
        state=Backup.State.DONE,
        name__startswith=PREFIX,
        gone_at=None,
    )
    return [row for row in rows if _is_there(row)]


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


def _leaving(row: Backup) -> Path:
    """What it is called while it is emptied; not as a draft, which the next backup would clear."""
    return _folder(row).with_name(f".{_folder(row).name}.leaving")


def _is_there(row: Backup) -> bool:
    try:
        return _folder(row).is_dir() or os.path.lexists(_leaving(row))
    except OSError:  # the disk does not answer
        return False


@trail.unit()
def _remove(row: Backup) -> None:
    folder, leaving = _folder(row), _leaving(row)
    if folder.is_dir() or not os.path.lexists(leaving):
        folder.rename(leaving)
    discard(leaving)
    if os.path.lexists(leaving):  # whatever is left may be the keys
        raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY))
    row.gone_at = timezone.now()
    row.save(update_fields=["gone_at"])
    _record(row, "all")


@trail.unit()
def _remove_keys(row: Backup) -> None:
    folder = _folder(row)
    if not folder.is_dir():  # any more
        return
    (folder / KEYS).unlink(missing_ok=True)
    row.keys_gone_at = timezone.now()
    row.save(update_fields=["keys_gone_at"])
    _record(row, "keys")


def _record(row: Backup, part: str) -> None:
    trail.record(system(), "backup.remove", Target("backup", str(row.pk), str(row)), part=part)
