"""A test restore that would fill the disk is not begun."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.vaultportal.ops.backups.conftest import made, written
from vaultportal.ops import tasks
from vaultportal.ops.backups import line, scratch
from vaultportal.ops.backups.manifest import MANIFEST
from vaultportal.ops.models import Backup

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("backups")]


def said_of(place: Path, settings: Settings, **parts: Any) -> str:
    """What a test of a backup with such a manifest ends with."""
    settings.PORTAL_DATA_DIR = place / "data"
    settings.PORTAL_DATA_DIR.mkdir(mode=0o700)
    folder = written(place, **parts)
    parent, mark = scratch._where()
    row = made(place, name=folder.name, test_state=Backup.Test.WAITING)

    tasks.test_restore(str(row.pk))

    assert list(parent.glob(f"{mark}*")) == []
    row.refresh_from_db()
    assert row.test_state == Backup.Test.FAILED
    return row.test_detail


def test_a_copy_that_does_not_fit_is_refused(place: Path, settings: Settings) -> None:
    said = said_of(place, settings, database_bytes=2**60)

    assert said.startswith(f"There is too little room in {scratch._where()[0]} for a copy")
    assert f"{(2**60 + 2**59) // 2**20 + 512} MiB are wanted" in said


def test_a_manifest_that_does_not_say_how_large_stands_for_the_database_of_now(
    place: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "BESIDES", 2**60)
    with line.alone() as session:
        size = line.database_bytes(session)

    said = said_of(place, settings)

    assert "too little room" in said
    wanted = int(said.partition(": ")[2].split()[0]) * 2**20 - 2**60
    assert 1.4 * size < wanted < 2 * size  # which may have grown by a page meanwhile


def test_without_a_manifest_no_server_is_started(place: Path, settings: Settings) -> None:
    settings.PORTAL_DATA_DIR = place / "data"
    folder = written(place)
    (folder / MANIFEST).unlink()
    row = made(place, name=folder.name, test_state=Backup.Test.WAITING)

    tasks.test_restore(str(row.pk))

    row.refresh_from_db()
    assert "not a backup" in row.test_detail
    assert not settings.PORTAL_DATA_DIR.exists()
