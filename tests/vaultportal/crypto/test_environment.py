"""Root keys from the environment."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.providers.environment import EnvironmentKeys
from vaultportal.crypto.providers.keyfile import KeyFile

ONE, TWO = bytes(range(32)), bytes(range(1, 33))
NAMES = ("PORTAL_ROOT_KEY", "PORTAL_ROOT_KEY_PREVIOUS")


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture(autouse=True)
def _no_keys_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def loaded() -> EnvironmentKeys:
    provider = EnvironmentKeys()
    provider.prepare(fresh=False)
    return provider


@pytest.mark.parametrize(
    "written",
    [
        text(ONE),
        f"1:{text(ONE)}",
        f" 1:{text(ONE)}\n",
        ONE.hex(),
        base64.urlsafe_b64encode(ONE).decode(),
    ],
    ids=["plain", "numbered", "blanks", "hex", "urlsafe"],
)
def test_a_key_is_read_in_each_usual_form(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("PORTAL_ROOT_KEY", written)

    assert loaded().export(1) == ONE


def test_a_mounted_secret_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"2:{text(TWO)}\n")
    monkeypatch.setenv("PORTAL_ROOT_KEY_FILE", str(tmp_path / "secret"))

    assert loaded().export(2) == TWO


def test_current_and_previous_open_what_each_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ROOT_KEY", text(ONE))
    old = loaded().wrap(b"key", b"", version=1)
    monkeypatch.setenv("PORTAL_ROOT_KEY", f"2:{text(TWO)}")
    monkeypatch.setenv("PORTAL_ROOT_KEY_PREVIOUS", text(ONE))

    provider = loaded()

    assert provider.current_version() == 2
    assert provider.unwrap(old, b"") == b"key"


@pytest.mark.parametrize(
    ("current", "previous", "words"),
    [
        ("", "", "PORTAL_ROOT_KEY is not set"),
        ("  ", "", "PORTAL_ROOT_KEY is not set"),
        ("too short", "", "PORTAL_ROOT_KEY must be"),
        (f"x:{text(ONE)}", "", "PORTAL_ROOT_KEY must be"),
        (f"0:{text(ONE)}", "", "PORTAL_ROOT_KEY must be"),
        (f"-1:{text(ONE)}", "", "PORTAL_ROOT_KEY must be"),
        (text(ONE[:16]), "", "PORTAL_ROOT_KEY must be"),
        ("z" * 64, "", "PORTAL_ROOT_KEY must be"),
        (text(ONE), "nonsense", "PORTAL_ROOT_KEY_PREVIOUS must be"),
        (text(TWO), text(ONE), r"both claim version 1\. Write the new one as 2:"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, current: str, previous: str, words: str
) -> None:
    monkeypatch.setenv("PORTAL_ROOT_KEY", current)
    monkeypatch.setenv("PORTAL_ROOT_KEY_PREVIOUS", previous)

    with pytest.raises(RootKeyRefused, match=words) as refusal:
        loaded()
    for value in (current.strip(), previous):
        assert len(value) < 3 or value not in refusal.value.message


def test_a_file_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTAL_ROOT_KEY_FILE", str(tmp_path / "none"))

    with pytest.raises(RootKeyRefused, match="PORTAL_ROOT_KEY_FILE cannot be read"):
        loaded()


def test_a_new_key_comes_from_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_ROOT_KEY", text(ONE))

    with pytest.raises(RootKeyRefused, match="Set PORTAL_ROOT_KEY to 2:<new key>"):
        loaded().add_version()


def test_it_opens_what_the_same_key_in_a_file_sealed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = KeyFile(tmp_path / "keys")
    file.prepare(fresh=True)
    blob = file.wrap(b"key", b"", version=1)
    monkeypatch.setenv("PORTAL_ROOT_KEY", text(file.export(1)))

    provider = loaded()

    assert provider.unwrap(blob, b"") == b"key"
    assert (provider.family, provider.versions()) == (file.family, file.versions())
