"""How long backups are kept: the newest as a whole, and the keys in them for days.

Only what rows say that the portal made is removed, and only in its own folder. A folder is renamed
before it is emptied, so what is left of it does not look whole.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from vaultportal import trail
from vaultportal.identity.actor import system
from vaultportal.ops.backups.making import PREFIX
from vaultportal.ops.backups.manifest import KEYS
from vaultportal.ops.models import Backup
from vaultportal.trail import Target


def sweep() -> None:
    """Remove what is older than PORTAL_BACKUP_KEEP and PORTAL_BACKUP_KEYS_DAYS say."""
    rows = list(
        Backup.objects.filter(
            place=settings.PORTAL_BACKUP_DIR,
            state=Backup.State.DONE,
            name__startswith=PREFIX,
            gone_at=None,
        )
    )
    for row in rows[settings.PORTAL_BACKUP_KEEP :]:
        _remove(row)
    if settings.PORTAL_BACKUP_KEYS_DAYS:
        oldest = timezone.now() - timedelta(days=settings.PORTAL_BACKUP_KEYS_DAYS)
        for row in rows[: settings.PORTAL_BACKUP_KEEP]:
            if row.created_at < oldest and row.keys_gone_at is None:
                _remove_keys(row)


@trail.unit()
def _remove(row: Backup) -> None:
    folder = Path(row.place) / Path(row.name).name
    leaving = folder.with_name(f".{folder.name}.part")
    if folder.is_dir():
        folder.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)  # what stays is swept with the drafts
    row.gone_at = timezone.now()
    row.save(update_fields=["gone_at"])
    _record(row, "all")


@trail.unit()
def _remove_keys(row: Backup) -> None:
    (Path(row.place) / Path(row.name).name / KEYS).unlink(missing_ok=True)
    row.keys_gone_at = timezone.now()
    row.save(update_fields=["keys_gone_at"])
    _record(row, "keys")


def _record(row: Backup, part: str) -> None:
    trail.record(system(), "backup.remove", Target("backup", str(row.pk), str(row)), part=part)
