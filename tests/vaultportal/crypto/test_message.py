"""Message format 1 by itself: bytes in, bytes out."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from vaultportal.crypto import message
from vaultportal.crypto.errors import KeyGone, Tampered
from vaultportal.crypto.message import OpenKey

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
KEY = OpenKey("test", 7, bytes(range(32)))
CONTEXT = message.encode([b"purpose", b"place"])
HEADER = 62


@pytest.mark.parametrize("vector", GOLDEN["messages"], ids=lambda vector: vector["name"])
def test_messages_of_earlier_releases_open_and_are_made_the_same(vector: dict[str, str]) -> None:
    key = OpenKey("golden", int(vector["version"]), bytes.fromhex(vector["key"]))
    plaintext, context = bytes.fromhex(vector["plaintext"]), bytes.fromhex(vector["context"])
    sealed = bytes.fromhex(vector["sealed"])

    assert message.unseal(key, sealed, context) == plaintext
    assert message.seal_with_salt(key, plaintext, context, sealed[6:30]) == sealed


@pytest.mark.parametrize("vector", GOLDEN["macs"], ids=lambda vector: vector["purpose"])
def test_digests_of_earlier_releases_are_made_the_same(vector: dict[str, str]) -> None:
    key = OpenKey("golden", 1, bytes.fromhex(vector["key"]))

    digest = key.mac(vector["purpose"], bytes.fromhex(vector["data"]))

    assert digest.hex() == vector["digest"]


@given(plaintext=st.binary(max_size=5000), context=st.binary(max_size=300))
def test_what_was_sealed_opens(plaintext: bytes, context: bytes) -> None:
    sealed = message.seal(KEY, plaintext, context)

    assert len(sealed) == len(plaintext) + message.OVERHEAD
    assert message.unseal(KEY, sealed, context) == plaintext


@pytest.mark.parametrize("position", range(HEADER))
def test_no_bit_of_the_header_can_be_flipped(position: int) -> None:
    sealed = message.seal(KEY, b"value", CONTEXT)

    for bit in range(8):
        altered = bytearray(sealed)
        altered[position] ^= 1 << bit
        with pytest.raises(Tampered):
            message.unseal(KEY, bytes(altered), CONTEXT)


def test_no_bit_of_body_and_tag_can_be_flipped() -> None:
    sealed = message.seal(KEY, b"a longer value", CONTEXT)

    for position in range(HEADER, len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 0x10
        with pytest.raises(Tampered):
            message.unseal(KEY, bytes(altered), CONTEXT)


def test_a_key_version_in_the_header_is_bound_even_when_the_key_is_the_same() -> None:
    sealed = message.seal(KEY, b"value", CONTEXT)
    renumbered = sealed[:2] + (8).to_bytes(4, "big") + sealed[6:]

    with pytest.raises(Tampered):
        message.unseal(OpenKey("test", 8, bytes(range(32))), renumbered, CONTEXT)


def test_nothing_shorter_or_longer_opens() -> None:
    sealed = message.seal(KEY, b"value", CONTEXT)

    for length in range(len(sealed)):
        with pytest.raises(Tampered):
            message.unseal(KEY, sealed[:length], CONTEXT)
    with pytest.raises(Tampered):
        message.unseal(KEY, sealed + b"\x00", CONTEXT)


def test_a_message_without_the_right_commitment_does_not_open_though_its_tag_is_right() -> None:
    """What an attacker can make who knows the key, and who wants two keys to open one message."""
    fixed = message.seal(KEY, b"", CONTEXT)[:30]
    derived = KEY.expand(b"vault-portal message 1\x00" + fixed + CONTEXT)
    header = fixed + bytes(32)
    forged = header + AESGCM(derived[:32]).encrypt(bytes(12), b"value", header + CONTEXT)
    assert message.seal_with_salt(KEY, b"", CONTEXT, fixed[6:])[30:62] == derived[32:]

    with pytest.raises(Tampered):
        message.unseal(KEY, forged, CONTEXT)


def test_another_key_and_another_context_do_not_open() -> None:
    sealed = message.seal(KEY, b"value", CONTEXT)

    with pytest.raises(Tampered):
        message.unseal(OpenKey("test", 7, bytes(32)), sealed, CONTEXT)
    with pytest.raises(Tampered):
        message.unseal(KEY, sealed, message.encode([b"purpose", b"other place"]))


@given(
    first=st.lists(st.binary(max_size=6), max_size=4),
    second=st.lists(st.binary(max_size=6), max_size=4),
)
def test_two_lists_never_encode_alike(first: list[bytes], second: list[bytes]) -> None:
    assert (message.encode(first) == message.encode(second)) == (first == second)


def test_equal_values_never_look_alike() -> None:
    salts = {message.seal(KEY, b"value", CONTEXT)[6:30] for _ in range(100_000)}

    assert len(salts) == 100_000


def test_macs_of_two_purposes_are_unrelated() -> None:
    assert KEY.mac("one", b"value") != KEY.mac("two", b"value")
    assert KEY.mac("one", b"value") == KEY.mac("one", b"value")


def test_a_key_does_not_print_and_is_not_pickled() -> None:
    assert KEY.export().hex() not in repr(KEY)
    assert repr(KEY.export()) not in repr(KEY)
    with pytest.raises(TypeError):
        pickle.dumps(KEY)


def test_a_wiped_key_does_nothing_more() -> None:
    key = OpenKey("test", 1, bytes(range(32)))
    sealed = message.seal(key, b"value", CONTEXT)
    key.mac("cached", b"")

    key.wipe()

    uses: list[Callable[[], bytes]] = [
        lambda: message.seal(key, b"value", CONTEXT),
        lambda: message.unseal(key, sealed, CONTEXT),
        lambda: key.mac("cached", b""),
        key.export,
    ]
    for use in uses:
        with pytest.raises(KeyGone):
            use()


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(Tampered):
        OpenKey("test", 1, bytes(16))
