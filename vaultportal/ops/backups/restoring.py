"""Loads a backup into an empty database. Nothing is written before everything was checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from vaultportal import trail
from vaultportal.audit import chain, checkpoints, verification
from vaultportal.crypto import keyring
from vaultportal.crypto.providers import registry
from vaultportal.identity.actor import system
from vaultportal.ops.backups import line, manifest, programs
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.ops.backups.jobs import target_of
from vaultportal.ops.backups.line import Session
from vaultportal.ops.backups.manifest import DATA, KEY_TABLES, KEYS, Manifest
from vaultportal.ops.models import Backup
from vaultportal.trail import Target

OTHER_KEYS = "The keys are of another database, or of another release of the portal, than the data."
OLDER_KEYS = (
    "The keys are of an older backup than the data: what was encrypted in between would stay "
    "closed, and what was erased would come back. Name a younger one."
)


@dataclass(frozen=True, slots=True)
class Source:
    """A backup whose files are as they were written, and whose root keys are here.

    keys_of: the backup that the keys are taken from; the same one as a rule.
    """

    manifest: Manifest
    keys_of: Manifest
    data_dump: Path
    keys_dump: Path

    @property
    def rows(self) -> dict[str, int]:
        """What each table must have when it is loaded."""
        younger = self.keys_of.rows
        return self.manifest.rows | {table: younger[table] for table in KEY_TABLES}

    def pieces(self) -> Iterator[tuple[Path, Sequence[str]]]:
        """In order: constraints and triggers come when all rows are there."""
        yield self.data_dump, ["--section=pre-data", "--section=data"]
        yield self.keys_dump, ["--data-only"]
        yield self.data_dump, ["--section=post-data"]


@dataclass(frozen=True, slots=True)
class Restored:
    """migrated: how many migrations the backup lacked. entries: of the audit trail."""

    manifest: Manifest
    tables: int
    rows: int
    migrated: int
    entries: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.tables} tables with {self.rows} rows, the root key opens it, and all "
            f"{self.entries} entries of the audit trail follow from each other."
        )


def check(folder: Path, keys: Path | None = None) -> Source:
    """Everything that can be known of a backup without a database.

    keys: the folder of the younger backup to take the keys from.

    Raises:
        BackupFailed: a file is missing or was changed, a younger portal wrote it, or the keys are
            older than the data.
        RootKeyRefused: a root key that it needs is not here, or another one is.
    """
    provider = registry.provider()
    provider.prepare(fresh=False)
    folder, keys = folder.absolute(), (keys or folder).absolute()
    data_of, seal = manifest.read(folder)
    data_of.check(provider, seal)
    keys_of, seal = manifest.read(keys)
    keys_of.check(provider, seal)
    if keys_of.instance != data_of.instance or _of_keys(keys_of) != _of_keys(data_of):
        raise BackupFailed(message=OTHER_KEYS)
    if keys_of.started_at < data_of.started_at:
        raise BackupFailed(message=OLDER_KEYS)
    _refuse_younger(data_of)
    return Source(
        data_of,
        keys_of,
        manifest.check_file(folder, DATA, data_of),
        manifest.check_file(keys, KEYS, keys_of),
    )


def restore(source: Source) -> Restored:
    """Load it, bring it up to date, and read through what is there then.

    Raises:
        Busy: another process does.
        BackupFailed: the database is not empty, it cannot be loaded (then it is empty still), or
            what was loaded is not whole.
    """
    with line.alone() as session:
        if line.tables(session):
            raise BackupFailed(
                message="This database is not empty. A backup is restored into an empty one alone: "
                "name another data folder (PORTAL_DATA_DIR) or database (DATABASE_URL)."
            )
        programs.load(source.pieces())
        _compare(session, source)
        migrated = _migrate()
        keyring.forget()  # what this process knew of the empty database
        chain.forget()
        keyring.check()
        _refuse_broken()
        restored = Restored(
            source.manifest,
            len(source.rows),
            sum(source.rows.values()),
            migrated,
            verification.count(),
        )
        _settle(source.manifest)
        return restored


def _of_keys(found: Manifest) -> set[str]:
    return {name for app, name in found.migrations if app == "crypto"}


def _refuse_younger(found: Manifest) -> None:
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    replaced = {each for migration in known.values() for each in migration.replaces}
    if not found.migrations <= known.keys() | replaced:
        raise BackupFailed(
            message=f"This backup was made by release {found.body['portal']}, which is younger "
            "than this one. Install that release and restore with it."
        )


def _compare(session: Session, source: Source) -> None:
    found, wanted = line.count_rows(session), source.rows
    wrong = sorted(name for name in wanted if found.get(name) != wanted[name])
    if wrong or found.keys() != wanted.keys():
        raise BackupFailed(
            message=f"What was loaded differs from what was backed up: {', '.join(wrong[:5])}."
        )


def _migrate() -> int:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        call_command("migrate", interactive=False, verbosity=0)
    return missing


def _refuse_broken() -> None:
    found = [each for each in (*verification.verify(), *checkpoints.breaks()) if each.fatal]
    if found:
        raise BackupFailed(
            message=f"It is restored, and the audit trail is broken in {len(found)} places, "
            f"first: {found[0]}."
        )


@trail.unit()
def _settle(made: Manifest) -> None:
    """The rows as they were while the backup was made do not know that it ended."""
    now = timezone.now()
    Backup.objects.filter(pk=made.id).update(
        state=Backup.State.DONE,
        name=made.name,
        bytes=made.size,
        digest=made.data_digest,
        ended_at=made.ended_at,
    )
    note = "The database was restored while it waited or ran."
    Backup.objects.filter(state__in=("waiting", "running")).update(
        state=Backup.State.FAILED, detail=note, ended_at=now
    )
    Backup.objects.filter(test_state__in=("waiting", "running")).update(
        test_state=Backup.Test.FAILED, test_detail=note, tested_at=now
    )
    row = Backup.objects.filter(pk=made.id).first()
    target = target_of(row) if row else Target("backup", str(made.id), made.name)
    trail.record(system(), "backup.restored", target, made_at=made.body["started_at"])
