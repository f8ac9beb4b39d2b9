"""Sealing values in their places."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vaultportal.crypto import envelope, keyring, message
from vaultportal.crypto.envelope import Context, padded_length
from vaultportal.crypto.errors import Tampered, UnknownKey
from vaultportal.crypto.message import OVERHEAD, OpenKey

KEY = OpenKey("test", 1, bytes(range(32)))
ANYWHERE = Context("secret", "app.model", "data", "scope", "id", "json")

texts = st.text(max_size=40)
contexts = st.builds(Context, texts, texts, texts, texts, texts, texts)
same_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(value=st.binary(max_size=3000), context=contexts)
@same_database
def test_every_value_comes_back_as_it_was(db: None, value: bytes, context: Context) -> None:
    assert envelope.unseal(KEY, envelope.seal(KEY, value, context), context) == value


@given(here=contexts, there=contexts)
@same_database
def test_a_value_opens_in_its_own_place_only(db: None, here: Context, there: Context) -> None:
    sealed = envelope.seal(KEY, b"value", here)

    if here == there:
        assert envelope.unseal(KEY, sealed, there) == b"value"
    else:
        with pytest.raises(Tampered):
            envelope.unseal(KEY, sealed, there)


def test_a_hundred_thousand_values_in_a_hundred_thousand_places(db: None) -> None:
    chance = random.Random(2)  # noqa: S311 a repeatable test, not a key
    opened = 0
    for value, context in random_pairs(chance, 100_000):
        sealed = envelope.seal(KEY, value, context)
        opened += envelope.unseal(KEY, sealed, context) == value

    assert opened == 100_000


def random_pairs(chance: random.Random, count: int) -> Iterator[tuple[bytes, Context]]:
    for number in range(count):
        value = chance.randbytes(chance.choice((0, 1, 15, 31, 32, 33, 255, 256, 600)))
        names = [f"{chance.getrandbits(chance.choice((1, 20, 90))):x}" for _ in range(5)]
        purpose, model, name, scope, object_id = names
        here = Context(purpose, model, name, scope, object_id, value_type="text")
        yield value + bytes(number % 3), here


@pytest.mark.parametrize("value", [b"", b"\x00", b"\x80", b"\x80\x00\x00", bytes(31), bytes(300)])
def test_padding_keeps_values_that_look_like_padding(db: None, value: bytes) -> None:
    sealed = envelope.seal(KEY, value, ANYWHERE)

    assert envelope.unseal(KEY, sealed, ANYWHERE) == value


def test_short_values_share_sizes(db: None) -> None:
    sizes = {len(envelope.seal(KEY, bytes(length), ANYWHERE)) for length in range(32)}

    assert sizes == {32 + OVERHEAD}
    assert [padded_length(length) for length in (31, 32, 63, 64, 255)] == [32, 64, 64, 96, 256]


def test_long_values_grow_by_at_most_12_percent() -> None:
    lengths = [*range(256, 5000), *(1 << power for power in range(13, 31))]

    for length in lengths:
        assert length < padded_length(length) <= (length + 1) * 1.12
    assert len({padded_length(length) for length in range(4096, 8192)}) <= 17


def test_sizes_never_shrink_as_values_grow() -> None:
    sizes = [padded_length(length) for length in range(70_000)]

    assert sizes == sorted(sizes)


def test_an_unpadded_message_of_ours_is_not_a_value(db: None) -> None:
    sealed = message.seal(KEY, bytes(64), ANYWHERE.encode())

    with pytest.raises(Tampered):
        envelope.unseal(KEY, sealed, ANYWHERE)


def test_the_scopes_own_key_seals_what_has_no_object(db: None) -> None:
    sealed = envelope.seal_in_scope(b"value", ANYWHERE)

    assert envelope.unseal_in_scope(sealed, ANYWHERE) == b"value"


def test_an_unknown_key_version_is_tampering(db: None) -> None:
    sealed = envelope.seal_in_scope(b"value", ANYWHERE)
    renumbered = sealed[:2] + (2).to_bytes(4, "big") + sealed[6:]

    with pytest.raises(UnknownKey) as refusal:
        envelope.unseal_in_scope(renumbered, ANYWHERE)
    assert isinstance(refusal.value, Tampered)


def test_memory_views_and_byte_arrays_open_as_well(db: None) -> None:
    sealed = envelope.seal_in_scope(b"value", ANYWHERE)

    assert envelope.unseal_in_scope(memoryview(sealed), ANYWHERE) == b"value"


def test_an_object_key_opens_what_it_sealed(db: None) -> None:
    object_id = uuid4()
    row, key = keyring.new_object_key("scope", object_id)
    sealed = envelope.seal(key, b"value", ANYWHERE)

    again = keyring.open_object_key("scope", object_id, row.data_key_version, row.wrapped)

    assert envelope.unseal(again, sealed, ANYWHERE) == b"value"
