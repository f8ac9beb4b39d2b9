"""What is read as a manifest, before its seal is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from vaultportal.ops.backups import manifest
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST

FILE = {"bytes": 1, "sha256": "00"}
WHOLE = {
    "format": manifest.FORMAT,
    "id": str(uuid4()),
    "name": "vaultportal-x",
    "instance": str(uuid4()),
    "migrations": [["ops", "0002_backups"]],
    "roots": [{"provider": "file", "version": 1, "label": "one", "active": True}],
    "rows": {"a": 1},
    "files": {DATA: FILE, KEYS: FILE},
    "started_at": "2026-03-01T12:00:00+00:00",
    "ended_at": "2026-03-01T12:00:01+00:00",
    "seal": "00",
}


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b"{", b'{"seal": 1}', b'{"seal": "00", "format": 1}', b"\xff"]
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / MANIFEST).write_bytes(text)

    with pytest.raises(BackupFailed, match="not the manifest"):
        manifest.read(tmp_path)


@pytest.mark.parametrize("name", ["started_at", "ended_at"])
@pytest.mark.parametrize("at", ["yesterday", "2026-03-01T12:00:00", 7, None])
def test_its_times_are_moments(tmp_path: Path, name: str, at: object) -> None:
    path = tmp_path / MANIFEST
    path.write_bytes(orjson.dumps(WHOLE))
    assert manifest.read(tmp_path)[0].started_at < manifest.read(tmp_path)[0].ended_at

    path.write_bytes(orjson.dumps({**WHOLE, name: at}))
    with pytest.raises(BackupFailed, match="not the manifest"):
        manifest.read(tmp_path)


@pytest.mark.parametrize(
    "parts",
    [
        {"database_bytes": "many"},
        {"database_bytes": []},
        {"roots": [{"provider": "file", "version": [], "label": "one"}]},
        {"roots": [{"provider": "file", "version": None, "label": "one"}]},
        {"roots": [7]},
        {"files": {DATA: FILE}},
        {"id": 7},
    ],
)
def test_odd_parts_are_refused_before_they_are_used(tmp_path: Path, parts: dict[str, Any]) -> None:
    (tmp_path / MANIFEST).write_bytes(orjson.dumps({**WHOLE, **parts}))

    with pytest.raises(BackupFailed, match="not the manifest"):
        manifest.read(tmp_path)


def test_an_older_manifest_says_nothing_of_the_size_of_its_database(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_bytes(orjson.dumps(WHOLE))
    assert manifest.read(tmp_path)[0].database_bytes is None

    (tmp_path / MANIFEST).write_bytes(orjson.dumps({**WHOLE, "database_bytes": 5}))
    assert manifest.read(tmp_path)[0].database_bytes == 5
