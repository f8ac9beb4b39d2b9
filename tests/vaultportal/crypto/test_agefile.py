"""Files sealed with a passphrase."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from tests.vaultportal.crypto.ages import opened
from vaultportal.crypto import agefile

SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is in the file, so that less of it here changes nothing else."""
    monkeypatch.setattr(agefile, "WORK", 8)


@pytest.mark.parametrize("size", [0, 1, agefile.CHUNK, agefile.CHUNK + 1, 3 * agefile.CHUNK])
def test_a_file_opens_with_its_passphrase(size: int) -> None:
    data = b"x" * size

    assert opened(agefile.seal(data, SECRET), SECRET) == data


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(InvalidTag):
        opened(agefile.seal(b"data", SECRET), "another")


def test_an_altered_file_does_not_open() -> None:
    sealed = bytearray(agefile.seal(b"data", SECRET))
    sealed[-1] ^= 1

    with pytest.raises(InvalidTag):
        opened(bytes(sealed), SECRET)


def test_the_header_is_of_the_format() -> None:
    lines = agefile.seal(b"data", SECRET).split(b"\n")

    assert lines[0] == b"age-encryption.org/v1"
    assert lines[1].startswith(b"-> scrypt ")
    assert lines[1].endswith(b" 8")
    assert all(len(line) <= 64 for line in lines[:4])
