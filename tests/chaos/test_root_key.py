"""A portal with data and without its root key does not start, and says what to do."""

from __future__ import annotations

import secrets

import pytest

from tests.chaos.served import START_SECONDS, Served, served
from vaultportal.crypto.message import KEY_BYTES
from vaultportal.crypto.providers.local import encode_key

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def refusal(portal: Served) -> str:
    """What ``serve`` said, which must have ended by itself with a sentence."""
    before = len(portal.log())
    portal.start("--no-worker")
    assert portal.process is not None
    code = portal.process.wait(timeout=START_SECONDS)
    said = portal.log()[before:]
    assert code == 1, said
    assert "Traceback" not in said
    assert "The portal is at" not in said
    return said


def test_it_refuses_without_the_right_key_and_starts_again_with_it() -> None:
    with served() as portal:
        portal.start("--no-worker")
        portal.await_ready()
        access = portal.bootstrap()
        assert portal.stop() == 0
        key_file = portal.layout.keys / "root.key"
        kept = key_file.read_text()

        key_file.unlink()
        missing = refusal(portal)
        assert not key_file.exists(), "a new key would hide that the old one is needed"

        key_file.write_text(f"1:{encode_key(secrets.token_bytes(KEY_BYTES))}\n")
        key_file.chmod(0o600)
        wrong = refusal(portal)

        key_file.write_text(kept)
        portal.start("--no-worker")
        portal.await_ready()
        assert portal.bootstrap()["piiano"] == access["piiano"], "old credentials open again"

    assert "Put your copy of the file back" in missing
    assert "is another key than the one of that number here; put back the right one" in wrong
