"""What is old goes, and only what is there can have gone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

import pytest
from pytest_django import Settings

from tests.vaultportal.ops.backups.conftest import made
from vaultportal.audit.models import AuditEntry
from vaultportal.ops import tasks
from vaultportal.ops.backups import keeping, line
from vaultportal.ops.backups.making import PREFIX
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST
from vaultportal.ops.models import Backup

pytestmark = pytest.mark.django_db


def on_disk(row: Backup) -> Path:
    folder = Path(row.place) / row.name
    folder.mkdir()
    for name in (DATA, KEYS, MANIFEST):
        (folder / name).touch()
    return folder


def test_old_backups_go_and_old_keys_before_them(place: Path, settings: Settings) -> None:
    settings.PORTAL_BACKUP_KEEP, settings.PORTAL_BACKUP_KEYS_DAYS = 2, 1
    rows = [made(place, hours=hours, name=f"{PREFIX}{hours}") for hours in (1, 30, 60, 90)]
    folders = [on_disk(row) for row in rows[:3]]  # somebody has removed the last one already
    other = made(place / "elsewhere", hours=200, name=f"{PREFIX}other")
    (place / "of somebody else").mkdir()

    keeping.sweep()
    keeping.sweep()

    assert sorted(path.name for path in place.iterdir()) == sorted(
        ["of somebody else", rows[0].name, rows[1].name]
    )
    assert {path.name for path in folders[0].iterdir()} == {DATA, KEYS, MANIFEST}
    assert {path.name for path in folders[1].iterdir()} == {DATA, MANIFEST}
    for row in (*rows, other):
        row.refresh_from_db()
    assert [row.gone_at is None for row in (*rows, other)] == [True, True, False, True, True]
    assert [row.keys_gone_at is None for row in rows[:2]] == [True, False]
    assert AuditEntry.objects.filter(action="backup.remove").count() == 2


def test_a_name_that_leaves_the_folder_removes_nothing_outside(
    place: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_DIR, settings.PORTAL_BACKUP_KEEP = str(place / "in"), 1
    outside = place / f"{PREFIX}x"
    outside.mkdir()
    (inside := place / "in" / f"{PREFIX}x").mkdir(parents=True)
    on_disk(made(place / "in", name=f"{PREFIX}now"))
    made(place / "in", hours=9, name=f"{PREFIX}x/../../{PREFIX}x")

    keeping.sweep()

    assert Backup.objects.filter(gone_at__isnull=False).exists()
    assert outside.is_dir()
    assert not inside.exists()


def test_old_keys_go_although_no_backups_are_made_any_more(place: Path, settings: Settings) -> None:
    settings.PORTAL_BACKUP_HOURS, settings.PORTAL_BACKUP_KEYS_DAYS = 0, 1
    row, young = made(place, hours=25, name=f"{PREFIX}a"), made(place, hours=23, name=f"{PREFIX}b")
    folder, other = on_disk(row), on_disk(young)

    with line.alone():
        tasks.tidy_backups()
    assert (folder / KEYS).exists()  # somebody is at work
    settings.PORTAL_BACKUP_DIR = ""
    tasks.tidy_backups()
    assert (folder / KEYS).exists()
    settings.PORTAL_BACKUP_DIR = str(place)
    tasks.tidy_backups()
    tasks.tidy_backups()

    row.refresh_from_db()
    assert row.keys_gone_at is not None
    assert {path.name for path in folder.iterdir()} == {DATA, MANIFEST}
    assert {path.name for path in other.iterdir()} == {DATA, KEYS, MANIFEST}
    assert AuditEntry.objects.filter(action="backup.remove").count() == 1


def test_a_disk_that_is_not_there_is_no_proof_that_anything_is_gone(
    place: Path, settings: Settings
) -> None:
    """Not even when the newest backup has gone to its mount point."""
    settings.PORTAL_BACKUP_KEEP, settings.PORTAL_BACKUP_KEYS_DAYS = 1, 1
    made(place, name=f"{PREFIX}away")
    here = on_disk(made(place, hours=1, name=f"{PREFIX}here"))
    for hours in (30, 60, 90):
        made(place, hours=hours, name=f"{PREFIX}{hours}")
    (place / f"{PREFIX}60").symlink_to(place / "unmounted" / f"{PREFIX}60")

    keeping.sweep()

    assert not Backup.objects.exclude(gone_at=None, keys_gone_at=None).exists()
    assert not AuditEntry.objects.filter(action="backup.remove").exists()
    assert (here / KEYS).exists()  # what is not there is not counted either
    settings.PORTAL_BACKUP_DIR = str(place / "unmounted")
    made(place / "unmounted", hours=30, name=f"{PREFIX}away")
    keeping.sweep()
    assert not Backup.objects.exclude(gone_at=None, keys_gone_at=None).exists()


def test_what_a_killed_sweep_left_is_removed_and_its_row_told(
    place: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PORTAL_BACKUP_KEEP = 1
    on_disk(made(place, name=f"{PREFIX}new"))
    old = made(place, hours=9, name=f"{PREFIX}old")
    on_disk(old)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(1, "no")

    with monkeypatch.context() as broken:  # a disk that lets folders be renamed and no more
        broken.setattr(os, "unlink", refuse)
        keeping.sweep()
    assert KEYS in {path.name for path in (place / f".{old.name}.leaving").iterdir()}
    assert not Backup.objects.exclude(gone_at=None).exists()

    keeping.sweep()

    assert [path.name for path in place.iterdir()] == [f"{PREFIX}new"]
    old.refresh_from_db()
    assert old.gone_at is not None


def test_what_cannot_be_removed_does_not_hold_up_the_others(
    place: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_KEEP = 1
    rows = [made(place, hours=hours, name=f"{PREFIX}{hours}") for hours in (1, 30, 60, 90)]
    for row in (rows[0], rows[1], rows[3]):
        on_disk(row)
    (moved := place / "moved").mkdir()
    (place / rows[2].name).symlink_to(moved)
    (place / f".{rows[1].name}.leaving" / "full").mkdir(parents=True)  # in the way of the rename

    keeping.sweep()

    for row in rows:
        row.refresh_from_db()
    assert [row.gone_at is None for row in rows] == [True, True, False, False]
    assert sorted(path.name for path in place.iterdir()) == sorted(
        ["moved", rows[0].name, rows[1].name, f".{rows[1].name}.leaving"]
    )
