"""Writes one backup: drafts beside the final place, then one rename of the whole folder."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.base import KeyProvider
from vaultportal.ops.backups import manifest, programs
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.ops.backups.line import Session, snapshot
from vaultportal.ops.backups.manifest import DATA, KEY_TABLES, KEYS, MANIFEST, Manifest
from vaultportal.runtime.files import private_folder, write_new

PREFIX = "vaultportal-"


def make(session: Session, place: Path, backup_id: UUID) -> Manifest:
    """A new folder in ``place`` with both dumps and the manifest; whole, or not there at all.

    session: of ``line.alone``.

    Raises:
        BackupFailed: the folder cannot be written, or a dump failed.
        RuntimeFault: the folder is open to others.
        RootKeyRefused: the root key is not there to seal the manifest.
    """
    _keep_apart(place)
    provider = registry.provider()
    provider.prepare(fresh=False)
    try:
        private_folder(place)
        return _make(session, place, backup_id, provider)
    except OSError as fault:
        raise BackupFailed(message=f"{place} cannot be written: {fault.strerror}.") from None


def _make(session: Session, place: Path, backup_id: UUID, provider: KeyProvider) -> Manifest:
    began = datetime.now(UTC)
    row = session.execute("SELECT id FROM crypto_instance").fetchone()
    marked = mark(row[0] if row else "")
    _clear_drafts(place, marked)
    title = f"{marked}{began:%Y%m%dT%H%M%SZ}-{backup_id.hex[-6:]}"
    draft = place / f".{title}.part"
    draft.mkdir(mode=0o700)
    try:
        with snapshot(session) as name:
            body = manifest.of_snapshot(session)
            without = [f"--exclude-table-data={table}" for table in KEY_TABLES]
            programs.dump(draft / DATA, name, without)
            alone = [f"--table={table}" for table in KEY_TABLES]
            programs.dump(draft / KEYS, name, ["--data-only", *alone])
        made = Manifest(
            body
            | {
                "id": str(backup_id),
                "name": title,
                "started_at": began.isoformat(timespec="seconds"),
                "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "files": {file: _described(draft / file) for file in (DATA, KEYS)},
            }
        )
        write_new(draft / MANIFEST, made.sealed(provider))
        draft.rename(place / title)
    except BaseException:  # whatever it is, half a backup is none
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _sync(place)
    return made


def mark(instance: UUID | str) -> str:
    """How the names of all backups of a database begin."""
    return f"{PREFIX}{str(instance)[:8]}-"


def _described(path: Path) -> dict[str, int | str]:
    size, digest = manifest.digest(path)
    return {"bytes": size, "sha256": digest}


def _keep_apart(place: Path) -> None:
    keys = Path(settings.PORTAL_KEY_DIR).resolve()
    if keys.is_relative_to(place.resolve()) or place.resolve().is_relative_to(keys):
        raise BackupFailed(
            message=f"{place} and the key folder lie in each other: whoever has the backups would "
            "have the root key. Choose another folder."
        )


def _clear_drafts(place: Path, marked: str) -> None:
    """Remove what killed predecessors left; of this database alone, for which we hold the lock."""
    for leftover in place.glob(f".{marked}*.part"):
        discard(leftover)


def discard(path: Path) -> None:
    """Remove a folder as far as we may; of a symbolic link the link, not where it leads."""
    if path.is_symlink():
        with suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _sync(folder: Path) -> None:
    """The new name must be on disk too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
