"""Folders and files that hold secrets."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.files import ensure_secret, private_folder, read_secret, write_new

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def test_a_new_folder_is_closed(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "deep" / "keys")

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(RuntimeFault, match="symbolic link"):
        private_folder(tmp_path / "link")


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_an_open_folder_is_refused(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    folder.chmod(mode)

    with pytest.raises(RuntimeFault, match="chmod 700"):
        private_folder(folder)


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").touch()

    with pytest.raises(RuntimeFault, match="not a folder"):
        private_folder(tmp_path / "keys")


@as_root
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)

    with pytest.raises(RuntimeFault, match="belongs to user 12345"):
        private_folder(folder)


def test_a_parent_that_anybody_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(RuntimeFault, match="anybody may"):
        private_folder(tmp_path / "keys")


def test_a_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secret"

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: ensure_secret(path), range(32)))

    assert found == {path.read_text()}
    assert len(found.pop()) >= 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    write_new(tmp_path / "key", b"first")

    with pytest.raises(FileExistsError):
        write_new(tmp_path / "key", b"second")

    assert (tmp_path / "key").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    ensure_secret(path)
    path.chmod(0o640)

    with pytest.raises(RuntimeFault, match="chmod 600"):
        read_secret(path)


def test_a_secret_behind_a_link_is_refused(tmp_path: Path) -> None:
    ensure_secret(tmp_path / "secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")

    with pytest.raises(RuntimeFault, match="link"):
        read_secret(tmp_path / "link")


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    write_new(tmp_path / "secret", b"\n")

    with pytest.raises(RuntimeFault, match="empty"):
        read_secret(tmp_path / "secret")


@as_root
def test_a_secret_of_somebody_else_is_refused(tmp_path: Path) -> None:
    ensure_secret(tmp_path / "secret")
    os.chown(tmp_path / "secret", 12345, 12345)

    with pytest.raises(RuntimeFault, match="not a file of user"):
        read_secret(tmp_path / "secret")
