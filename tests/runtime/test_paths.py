"""Where files lie."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from vaultportal.runtime import paths
from vaultportal.runtime.paths import SOCKET_PATH_LIMIT, Layout


def test_an_ordinary_user_has_a_folder_at_home(empty_environment: pytest.MonkeyPatch) -> None:
    empty_environment.setattr(os, "geteuid", lambda: 1000)
    empty_environment.setenv("HOME", "/home/kim")
    empty_environment.delenv("XDG_DATA_HOME", raising=False)

    assert paths.data_dir() == Path("/home/kim/.local/share/vaultportal")
    assert paths.key_dir() == Path("/home/kim/.local/share/vaultportal-keys")

    empty_environment.setenv("XDG_DATA_HOME", "/data/kim")
    assert paths.data_dir() == Path("/data/kim/vaultportal")


def test_another_port_is_another_portal(empty_environment: pytest.MonkeyPatch) -> None:
    empty_environment.setattr(os, "geteuid", lambda: 0)
    assert paths.data_dir() == Path("/var/lib/vaultportal")

    empty_environment.setenv("PORTAL_PORT", "8001")

    assert paths.data_dir() == Path("/var/lib/vaultportal-8001")
    assert paths.key_dir() == Path("/var/lib/vaultportal-8001-keys")


def test_a_chosen_folder_has_its_keys_beside_it(empty_environment: pytest.MonkeyPatch) -> None:
    empty_environment.setenv("PORTAL_DATA_DIR", "/srv/vault portal")
    empty_environment.setenv("PORTAL_PORT", "8001")

    assert paths.data_dir() == Path("/srv/vault portal")
    assert paths.key_dir() == Path("/srv/vault portal-keys")


@pytest.mark.parametrize("name", ["x" * 100, "a,b"])
def test_sockets_that_would_not_work_lie_among_temporary_files(name: str) -> None:
    layout = Layout(data=Path("/srv") / name, keys=Path("/keys"))

    assert layout.sockets.parent == Path(tempfile.gettempdir())
    assert len(os.fsencode(layout.valkey_socket)) <= SOCKET_PATH_LIMIT
    assert layout.sockets != Layout(Path("/srv/other") / name, Path("/keys")).sockets
