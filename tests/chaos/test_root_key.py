"""A portal with data and without its root key does not start, and says what to do."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.portal import MANAGE, Portal, free_port
from vaultportal.crypto.message import KEY_BYTES
from vaultportal.crypto.providers.local import encode_key

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

END_SECONDS = 120


def refusal(portal: Portal, place: Path) -> str:
    """What ``serve`` says on the portal's database with the keys of ``place``; it must refuse."""
    number = str(free_port())
    folders = {"PORTAL_DATA_DIR": str(place / "data"), "PORTAL_KEY_DIR": str(place / "keys")}
    done = subprocess.run(
        [sys.executable, MANAGE, "serve", "--no-worker"],
        env=dict(portal.environment) | folders | {"PORTAL_PORT": number},
        capture_output=True,
        text=True,
        check=False,
        timeout=END_SECONDS,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert "The portal is at" not in said
    return said


def test_without_the_key_file_it_says_where_to_put_it(portal: Portal, tmp_path: Path) -> None:
    said = refusal(portal, tmp_path)

    assert f"The root key file {tmp_path / 'keys' / 'root.key'} is missing" in said
    assert "Put your copy of the file back" in said
    assert not (tmp_path / "keys" / "root.key").exists(), "a new key would open nothing"


def test_with_another_key_it_asks_for_the_right_one(portal: Portal, tmp_path: Path) -> None:
    key_file = tmp_path / "keys" / "root.key"
    key_file.parent.mkdir(mode=0o700)
    key_file.write_text(f"1:{encode_key(secrets.token_bytes(KEY_BYTES))}\n")
    key_file.chmod(0o600)
    before = key_file.read_bytes()

    said = refusal(portal, tmp_path)

    assert "is another key than the one of that number here; put back the right one" in said
    assert key_file.read_bytes() == before
