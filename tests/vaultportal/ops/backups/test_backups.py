"""From a backup back to a portal: what comes back, what is refused, what is never in it."""

from __future__ import annotations

import base64
import resource
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django import Settings

from collections_app.services.options import ReadOptions
from collections_app.services.reading import get_object
from secrets_app.records import Ref
from secrets_app.services import secrets
from tests import factories
from tests.vaultportal.ops.backups.conftest import Databases, Kept
from vaultportal.audit.models import AuditEntry
from vaultportal.crypto import keyring
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.models import DataKey, ObjectKey
from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.keyfile import FILE_NAME, KeyFile
from vaultportal.errors import VaultError
from vaultportal.identity.actor import system
from vaultportal.identity.models import User
from vaultportal.ops import tasks
from vaultportal.ops.backups import jobs, line, making, manifest, programs, restoring
from vaultportal.ops.backups.errors import BackupFailed, Busy
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST
from vaultportal.ops.models import Backup
from vaultportal.runtime import processes
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.processes import Program

pytestmark = pytest.mark.xdist_group("backups")
HALF = 64 * 1024


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def text_of(dump: Path) -> bytes:
    """A dump as it would be sent to a server: the file itself is compressed."""
    argv: list[str | Path] = [programs._folder() / "pg_restore", "--file=-", dump]
    return subprocess.run(argv, capture_output=True, check=True).stdout


def test_a_backup_is_a_closed_folder_of_three_files(kept: Kept) -> None:
    assert mode_of(kept.folder) == 0o700
    assert {path.name: mode_of(path) for path in kept.folder.iterdir()} == dict.fromkeys(
        (DATA, KEYS, MANIFEST), 0o600
    )
    assert [path.name for path in kept.folder.parent.iterdir()] == [kept.folder.name]
    made, _ = manifest.read(kept.folder)
    assert (made.id, made.name) == (kept.backup_id, kept.folder.name)
    assert made.rows["secrets_app_secret"] == 1
    assert (made.database_bytes or 0) > 2**20
    assert made.size == sum((kept.folder / name).stat().st_size for name in (DATA, KEYS))


def test_no_plaintext_no_password_and_no_root_key_is_in_it(kept: Kept) -> None:
    texts = {name: text_of(kept.folder / name) for name in (DATA, KEYS)}
    texts[MANIFEST] = (kept.folder / MANIFEST).read_bytes()
    root = KeyFile(Path(settings.PORTAL_KEY_DIR))
    root.prepare(fresh=False)
    key = root.export(root.current_version())
    hidden = {
        "a secret": kept.word.encode(),
        "the database's password": settings.DATABASES["default"]["PASSWORD"].encode(),
        "the root key": base64.b64encode(key),
        "the root key's bytes": key,
    }

    found = {
        (name, what)
        for name, text in texts.items()
        for what, word in hidden.items()
        if word in text or word.hex().encode() in text
    }

    assert kept.title.encode() in texts[DATA]  # such a search does find things
    assert found == set()


def test_keys_lie_apart_from_the_data(kept: Kept) -> None:
    data, keys = text_of(kept.folder / DATA), text_of(kept.folder / KEYS)

    for table in manifest.KEY_TABLES:
        assert f"COPY public.{table} ".encode() in keys
        assert f"COPY public.{table} ".encode() not in data
    assert keys.count(b"COPY public.") == len(manifest.KEY_TABLES)


def test_what_was_backed_up_is_readable_where_it_is_restored(
    kept: Kept, databases: Databases
) -> None:
    with databases.used(databases.empty()):
        restored = restoring.restore(restoring.check(kept.folder))

        assert (restored.migrated, restored.entries > 0) == (0, True)
        owner = factories.actor_of(User.objects.get(pk=kept.owner_id))
        opened = secrets.read_data(owner, Ref(id=kept.secret_id))
        assert opened.payload is not None
        assert opened.payload.value == {"password": kept.word}
        person = get_object(kept.keeper, "people", str(kept.object_id), ReadOptions(unsafe=True))
        assert person["full_name"] == kept.word
        row = Backup.objects.get(pk=kept.backup_id)
        assert (row.state, row.name) == (Backup.State.DONE, kept.folder.name)
        entry = AuditEntry.objects.get(action="backup.restored")
        assert entry.target_id == str(kept.backup_id)
        with pytest.raises(BackupFailed, match="not empty"):
            restoring.restore(restoring.check(kept.folder))


def test_a_restore_that_breaks_off_leaves_the_database_empty(
    kept: Kept, databases: Databases, tmp_path: Path
) -> None:
    with databases.used(databases.empty()):
        with pytest.raises(BackupFailed, match="pg_restore"):
            programs.load(
                [
                    (kept.folder / DATA, ["--section=pre-data", "--section=data"]),
                    (tmp_path / "missing", ["--data-only"]),
                ]
            )
        with pytest.raises(BackupFailed, match="psql"):
            programs.load([(kept.folder / KEYS, ["--data-only"])])  # there are no tables

        with line.alone() as session:
            assert line.tables(session) == []


def test_what_was_erased_stays_so_with_younger_keys(
    in_source: Kept, databases: Databases, tmp_path: Path
) -> None:
    gone = ObjectKey.objects.get(scope__startswith="collections:")
    ObjectKey.objects.filter(pk=gone.pk).delete()
    younger = jobs.back_up_now(system(), tmp_path / "later")
    gone.save(force_insert=True)  # other tests find it as it was
    keys = Path(younger.place) / younger.name

    with databases.used(databases.empty()):
        restoring.restore(restoring.check(in_source.folder, keys))

        assert not ObjectKey.objects.filter(pk=gone.pk).exists()
        assert DataKey.objects.exists()
        wanted = (in_source.keeper, "people", str(in_source.object_id))
        with pytest.raises(VaultError):
            get_object(*wanted, ReadOptions(unsafe=True))


def test_an_older_database_is_brought_up_to_date(databases: Databases, tmp_path: Path) -> None:
    """As it was before there were backups."""
    name = f"older_{databases.worker}"
    databases.services.copy_database(name)
    with databases.used(name):
        keyring.check()
        with line.alone() as session:
            session.execute("DROP TABLE ops_backup")
            session.execute("DELETE FROM django_migrations WHERE name = '0002_backups'")
            made = making.make(session, tmp_path / "b", uuid4())

    with databases.used(databases.empty()):
        restored = restoring.restore(restoring.check(tmp_path / "b" / made.name))

        assert restored.migrated == 1
        assert not Backup.objects.exists()
        entry = AuditEntry.objects.get(action="backup.restored")
        assert entry.target_id == str(made.id)


@pytest.mark.parametrize("name", [DATA, KEYS])
def test_one_changed_byte_is_refused(copy: Callable[[], Path], name: str) -> None:
    folder = copy()
    with (folder / name).open("r+b") as file:
        file.seek(HALF // 64)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))

    with pytest.raises(BackupFailed, match="SHA-256"):
        restoring.check(folder)


def test_a_missing_file_is_refused(copy: Callable[[], Path]) -> None:
    folder = copy()
    (folder / KEYS).unlink()

    with pytest.raises(BackupFailed, match="cannot be read"):
        restoring.check(folder)


def changed(body: dict[str, Any], **parts: object) -> bytes:
    return orjson.dumps(body | parts)


def test_a_manifest_that_was_changed_is_refused(copy: Callable[[], Path]) -> None:
    """Whoever may write to the folder can change digests along with dumps, and not the seal."""
    folder = copy()
    path = folder / MANIFEST
    body = orjson.loads(path.read_bytes())
    other = {**body["files"], DATA: {"bytes": 1, "sha256": "0" * 64}}

    for text in (changed(body, files=other), changed(body, portal="9"), changed(body, seal="00")):
        path.write_bytes(text)
        with pytest.raises(BackupFailed, match="as it was written"):
            restoring.check(folder)


def test_a_backup_of_a_younger_portal_is_refused(copy: Callable[[], Path]) -> None:
    folder = copy()
    made, _ = manifest.read(folder)
    younger = manifest.Manifest(
        {**made.body, "migrations": [*made.body["migrations"], ["ops", "9999_later"]]}
    )
    (folder / MANIFEST).write_bytes(younger.sealed(registry.provider()))

    with pytest.raises(BackupFailed, match="younger"):
        restoring.check(folder)


def resealed(folder: Path, **parts: str) -> None:
    """The manifest with other parts, as if the portal had written them."""
    body = {**manifest.read(folder)[0].body, **parts}
    (folder / MANIFEST).write_bytes(manifest.Manifest(body).sealed(registry.provider()))


def test_keys_that_are_older_than_the_data_are_refused(
    kept: Kept, copy: Callable[[], Path]
) -> None:
    other = copy()
    began = manifest.read(kept.folder)[0].started_at
    resealed(other, started_at=(began - timedelta(seconds=1)).isoformat())

    with pytest.raises(BackupFailed, match="older"):
        restoring.check(kept.folder, other)
    assert restoring.check(other, kept.folder).keys_of.started_at == began
    assert restoring.check(kept.folder, kept.folder).keys_of.started_at == began


@pytest.fixture
def other_keys(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A process whose key folder is another one."""
    settings.PORTAL_KEY_DIR = tmp_path / "keys"
    registry.provider.cache_clear()
    yield tmp_path / "keys"
    registry.provider.cache_clear()


def test_another_root_key_is_refused_before_anything_is_written(
    kept: Kept, databases: Databases, other_keys: Path
) -> None:
    with databases.used(databases.empty()):
        with pytest.raises(RootKeyRefused, match="missing"):
            restoring.check(kept.folder)
        KeyFile(other_keys).create(1, bytes(range(32)))
        with pytest.raises(RootKeyRefused, match="not the one that is held here"):
            call_restore(kept.folder)
        with line.alone() as session:
            assert line.tables(session) == []
    assert (other_keys / FILE_NAME).exists()


def call_restore(folder: Path) -> None:
    """As the command does it; its refusal without the command's clothes."""
    try:
        call_command("restore", str(folder))
    except CommandError as refusal:
        assert refusal.__cause__ is not None
        raise refusal.__cause__ from None


def test_a_dump_that_is_killed_leaves_nothing_that_looks_whole(
    in_source: Kept, tmp_path: Path
) -> None:
    """The kernel ends ``pg_dump`` in the middle of its file, as it does when a limit is met."""
    soft, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (HALF, most))
    try:
        with pytest.raises(BackupFailed, match="signal"):
            jobs.back_up_now(system(), tmp_path / "b")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, most))

    assert list((tmp_path / "b").iterdir()) == []
    row = Backup.objects.exclude(pk=in_source.backup_id).get()
    assert (row.state, row.name) == (Backup.State.FAILED, "")
    assert "signal" in row.detail
    assert AuditEntry.objects.filter(
        action="backup.made", target_id=str(row.pk), outcome="failure"
    ).exists()


def test_what_a_killed_process_left_is_cleared_and_its_row_ended(
    in_source: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = manifest.read(in_source.folder)
    place = tmp_path / "b"
    draft = place / f".{making.PREFIX}{str(made.instance)[:8]}-x.part"
    foreign = place / f".{making.PREFIX}00000000-x.part"
    for each in (draft, foreign):
        each.mkdir(parents=True)
    place.chmod(0o700)
    (moved := tmp_path / "moved").mkdir()
    (place / f".{making.PREFIX}{str(made.instance)[:8]}-y.part").symlink_to(moved)
    dead = Backup.objects.create(state="running", asked_by=in_source.owner_id, asked_name="ada")
    told: list[Program] = []

    def noted(program: Program, output: Any) -> Any:
        told.append(program)
        return processes.spawn(program, output)

    monkeypatch.setattr(programs, "spawn", noted)

    row = jobs.back_up_now(system(), place)

    assert sorted(place.iterdir()) == sorted([foreign, place / row.name])
    assert moved.is_dir()
    dead.refresh_from_db()
    assert (dead.state, dead.detail) == (Backup.State.FAILED, jobs.CUT_OFF)
    password = settings.DATABASES["default"]["PASSWORD"]
    assert len(told) == 2
    assert all(password not in " ".join(program.argv) for program in told)
    assert all(password not in repr(program) for program in told)


def test_two_at_once_and_bad_places_are_refused(in_source: Kept, tmp_path: Path) -> None:
    with line.alone(), pytest.raises(Busy):
        jobs.back_up_now(system(), tmp_path / "b")
    assert not (tmp_path / "b").exists()

    with pytest.raises(BackupFailed, match="root key"):
        jobs.back_up_now(system(), Path(settings.PORTAL_KEY_DIR) / "b")
    with pytest.raises(BackupFailed, match="root key"):
        jobs.back_up_now(system(), Path(settings.PORTAL_KEY_DIR).parent)
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(RuntimeFault, match="open to other users"):
        jobs.back_up_now(system(), tmp_path / "open")
    (tmp_path / "file").touch()
    with pytest.raises(RuntimeFault, match="not a folder"):
        jobs.back_up_now(system(), tmp_path / "file")


def test_a_restore_is_proved_in_a_server_that_is_thrown_away(in_source: Kept) -> None:
    """By the command that an operator runs, in a process and a cluster of its own."""
    row = Backup.objects.get(pk=in_source.backup_id)
    jobs.ask_test(row)
    with pytest.raises(Busy):
        jobs.ask_test(row)

    tasks.test_restore(str(row.pk))

    row.refresh_from_db()
    assert (row.test_state, "audit trail" in row.test_detail) == (Backup.Test.PASSED, True)
    assert row.tested_at is not None
    assert AuditEntry.objects.filter(action="backup.tested", outcome="success").count() == 1
    assert list(Path(settings.PORTAL_DATA_DIR).glob(".restore-test.*")) == []
    tasks.test_restore(str(row.pk))  # rung twice: nothing waits any more
    assert AuditEntry.objects.filter(action="backup.tested").count() == 1


def test_the_worker_makes_what_waits_once_and_keeps_the_newest(
    in_source: Kept, tmp_path: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_DIR, settings.PORTAL_BACKUP_KEEP = str(tmp_path / "b"), 1
    old = tmp_path / "b" / f"{making.PREFIX}old"
    old.mkdir(parents=True)
    (tmp_path / "b").chmod(0o700)
    before = Backup.objects.create(
        state="done", place=str(tmp_path / "b"), name=old.name, asked_by=in_source.owner_id
    )
    row = jobs.ask(system(), tmp_path / "b")
    with pytest.raises(Busy):
        jobs.ask(system(), tmp_path / "b")

    tasks.back_up(str(row.pk))
    tasks.back_up(str(row.pk))

    row.refresh_from_db()
    before.refresh_from_db()
    assert (row.state, row.detail) == (Backup.State.DONE, "")
    assert [path.name for path in (tmp_path / "b").iterdir()] == [row.name]
    assert before.gone_at is not None
    assert KEYS in {path.name for path in (tmp_path / "b" / row.name).iterdir()}
