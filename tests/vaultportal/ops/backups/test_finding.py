"""Backups that no row names: whose proof is good get one, and all else is left alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.vaultportal.ops.backups.conftest import made, written
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.actor import system
from vaultportal.ops import tasks
from vaultportal.ops.backups import finding, keeping, manifest
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST
from vaultportal.ops.models import Backup

pytestmark = pytest.mark.django_db
State = Backup.State


def test_after_a_restore_the_younger_ones_are_listed_and_swept(
    place: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_KEEP, settings.PORTAL_BACKUP_KEYS_DAYS = 3, 1
    folders = [written(place, hours=hours) for hours in (1, 30, 60)]
    bare = written(place, hours=2)
    (bare / KEYS).unlink()
    told = [manifest.read(folder)[0] for folder in (*folders, bare)]

    tasks.tidy_backups()
    tasks.tidy_backups()

    assert [folder.is_dir() for folder in (*folders, bare)] == [True, True, False, True]
    assert [(folder / KEYS).exists() for folder in folders[:2]] == [True, False]
    assert (folders[1] / DATA).exists()
    rows = {row.pk: row for row in Backup.objects.all()}
    assert rows.keys() == {each.id for each in told}
    for each in told:
        row = rows[each.id]
        assert (row.state, row.place, row.name) == (State.DONE, str(place), each.name)
        assert (row.created_at, row.ended_at) == (each.started_at, each.ended_at)
        assert (row.bytes, row.digest) == (each.size, each.data_digest)
        assert (row.asked_by, row.test_state) == (system().user_id, "")
    gone = [(rows[each.id].gone_at is None, rows[each.id].keys_gone_at is None) for each in told]
    assert gone == [(True, True), (True, False), (False, True), (True, False)]
    assert AuditEntry.objects.filter(action="backup.found").count() == 4
    assert AuditEntry.objects.filter(action="backup.remove").count() == 2


def forged(folder: Path) -> None:
    body = orjson.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(orjson.dumps({**body, "id": str(uuid4())}))


def unsealed(folder: Path) -> None:
    body = orjson.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_bytes(orjson.dumps({**body, "seal": ""}))


def of_another_key(folder: Path) -> None:
    body = orjson.loads((folder / MANIFEST).read_bytes())
    roots = [{**each, "label": "another"} for each in body["roots"]]
    (folder / MANIFEST).write_bytes(orjson.dumps({**body, "roots": roots}))


def with_odd_roots(folder: Path) -> None:
    body = orjson.loads((folder / MANIFEST).read_bytes())
    roots = [{**each, "version": []} for each in body["roots"]]
    (folder / MANIFEST).write_bytes(orjson.dumps({**body, "roots": roots}))


def nested(folder: Path) -> None:
    text = (folder / MANIFEST).read_bytes().rstrip().removesuffix(b"}")
    (folder / MANIFEST).write_bytes(text + b', "x": ' + b"[" * 500 + b"]" * 500 + b"}")


def of_another_database(folder: Path) -> None:
    genuine = written(folder.parent, instance=str(uuid4()), name=folder.name, folder="other")
    (genuine / MANIFEST).replace(folder / MANIFEST)


def under_another_name(folder: Path) -> None:
    folder.rename(folder.with_name(f"{folder.name}-copy"))


def behind_a_link(folder: Path) -> None:
    folder.symlink_to(folder.rename(folder.parent / "elsewhere"))


def with_a_pipe(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)


def without_a_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def with_a_folder_for_a_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).mkdir()


def without_data(folder: Path) -> None:
    (folder / DATA).unlink()


def with_shortened_data(folder: Path) -> None:
    (folder / DATA).write_bytes(b"..")


def with_shortened_keys(folder: Path) -> None:
    (folder / KEYS).write_bytes(b"")


def with_data_behind_a_link(folder: Path) -> None:
    (folder / DATA).symlink_to((folder / DATA).rename(folder.parent / "elsewhere"))


def a_file(folder: Path) -> None:
    folder.rename(folder.parent / "elsewhere")
    folder.touch()


@pytest.mark.parametrize(
    "spoil",
    [
        forged,
        unsealed,
        of_another_key,
        with_odd_roots,
        nested,
        of_another_database,
        under_another_name,
        behind_a_link,
        with_a_pipe,
        without_a_manifest,
        with_a_folder_for_a_manifest,
        without_data,
        with_shortened_data,
        with_shortened_keys,
        with_data_behind_a_link,
        a_file,
    ],
)
def test_what_is_not_proved_is_left_alone_and_holds_up_nothing(
    place: Path, settings: Settings, spoil: Callable[[Path], None]
) -> None:
    settings.PORTAL_BACKUP_KEEP = 1
    folder = written(place, hours=9)
    spoil(folder)
    before = sorted(place.rglob("*"))
    last, old = written(place, hours=1), written(place, hours=10)

    keeping.sweep()

    assert set(Backup.objects.values_list("name", flat=True)) == {last.name, old.name}
    assert not old.exists()  # it is good, and in excess
    assert sorted(path for path in place.rglob("*") if last not in (path, path.parent)) == before


def test_copies_of_what_a_row_knows_are_left_alone(place: Path, settings: Settings) -> None:
    settings.PORTAL_BACKUP_KEEP = 1
    written(place, hours=1)
    removed, moved = written(place, hours=30), written(place, hours=40)
    for folder, fields in (
        (removed, {"place": place, "gone_at": timezone.now()}),
        (moved, {"place": place / "elsewhere"}),
    ):
        made(hours=30, id=manifest.read(folder)[0].id, name=folder.name, **fields)

    keeping.sweep()

    assert (removed / KEYS).exists()
    assert (moved / KEYS).exists()
    assert AuditEntry.objects.filter(action="backup.found").count() == 1
    assert not AuditEntry.objects.filter(action="backup.remove").exists()


def test_one_that_was_whole_when_its_process_died_is_no_failure(place: Path) -> None:
    folder = written(place, hours=3)
    its_id = manifest.read(folder)[0].id
    made(place, hours=3, id=its_id, state=State.FAILED, detail="cut off", asked_name="ada")

    keeping.sweep()

    row = Backup.objects.get()
    assert (row.state, row.detail, row.name) == (State.DONE, "", folder.name)
    assert row.asked_name == "ada"


def test_what_was_brought_back_from_an_archive_is_not_swept(
    place: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row may have been deleted long ago, with others that are too many."""
    monkeypatch.setattr(finding, "KEPT_ROWS", 2)
    settings.PORTAL_BACKUP_KEEP = 1
    made(place, hours=1, state=State.FAILED)
    made(place, hours=2, state=State.FAILED)
    archived, young = written(place, hours=9000), written(place, hours=0.5)

    keeping.sweep()

    assert (archived / DATA).exists()
    assert set(Backup.objects.exclude(name="").values_list("name", flat=True)) == {young.name}
