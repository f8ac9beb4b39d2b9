"""Whole backups that no row names: those that a restored database does not know, as they are
younger than it, and one whose process died before it could say that it had ended.

They get rows, or nothing would ever sweep them. The folder proves nothing but what the root key
has sealed: whose it is, which backup, when it was made, and how large its files were; their content
is looked at when it is loaded.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from vaultportal import trail
from vaultportal.crypto.models import Instance
from vaultportal.crypto.providers import registry
from vaultportal.errors import VaultError
from vaultportal.identity.actor import system
from vaultportal.ops.backups import manifest
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.ops.backups.making import mark
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST, Manifest
from vaultportal.ops.models import Backup
from vaultportal.trail import Target

logger = logging.getLogger(__name__)
# As many of the latest rows stay, whatever became of the backups.
KEPT_ROWS = 500


def take_up() -> None:
    """Give rows to what lies in PORTAL_BACKUP_DIR without one.

    The caller holds the lock of ``line.alone``.

    Raises:
        OSError: the folder cannot be listed.
    """
    instance = Instance.objects.values_list("pk", flat=True).first()
    if instance is None:  # nothing was ever backed up
        return
    place = Path(settings.PORTAL_BACKUP_DIR)
    known = set(Backup.objects.filter(place=str(place)).values_list("name", flat=True))
    # A row before this one may have been deleted: its folder was brought back from elsewhere.
    forgotten = Backup.objects.values_list("created_at", flat=True)[KEPT_ROWS - 1 :].first()
    for folder in sorted(place.glob(f"{mark(instance)}*")):
        if folder.name in known:
            continue
        try:
            made = _proved(folder, instance)
            if made is not None and not _is_whole(folder, made):
                raise BackupFailed(message=f"{folder} is not whole.")
        except (VaultError, ImproperlyConfigured, OSError) as fault:
            logger.warning("%s is not taken for a backup (%s)", folder, type(fault).__name__)
            continue
        if made is not None and (forgotten is None or made.started_at > forgotten):
            _enter(folder, made)


def _proved(folder: Path, instance: UUID) -> Manifest | None:
    """What the portal once wrote into this very folder; None for anything else that lies there.

    Raises:
        BackupFailed: the manifest does not read, or was changed. RootKeyRefused: it cannot be told.
    """
    # A plain file: whoever opens a pipe waits for its writer.
    if folder.is_symlink() or not (folder / MANIFEST).is_file():
        return None
    made, seal = manifest.read(folder)
    if made.instance != instance or made.name != folder.name:
        return None
    provider = registry.provider()
    provider.prepare(fresh=False)
    made.check(provider, seal)
    return made


def _is_whole(folder: Path, made: Manifest) -> bool:
    """Whether its dumps have their sizes: a copy that was cut off would push out a real backup.

    Keys may be gone, as their time comes first. Raises OSError: the data is gone.
    """
    sizes = {DATA: (folder / DATA).lstat().st_size}
    if (folder / KEYS).exists():
        sizes[KEYS] = (folder / KEYS).lstat().st_size
    return all(made.bytes_of(name) == size for name, size in sizes.items())


@trail.unit()
def _enter(folder: Path, made: Manifest) -> None:
    row = Backup.objects.filter(pk=made.id).first()
    if row is None:
        row = Backup(pk=made.id, asked_by=system().user_id, asked_name=system().name)
    elif row.name:  # it was removed, or lies elsewhere, and this is somebody's copy
        return
    row.state, row.detail = Backup.State.DONE, ""
    row.place, row.name = str(folder.parent), made.name
    row.bytes, row.digest = made.size, made.data_digest
    row.created_at, row.ended_at = made.started_at, made.ended_at
    row.keys_gone_at = _keys_gone_at(folder)
    row.save()
    trail.record(system(), "backup.found", Target("backup", str(row.pk), str(row)))


def _keys_gone_at(folder: Path) -> datetime | None:
    return None if (folder / KEYS).exists() else timezone.now()
