"""Short-lived sealed blobs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_cryptography.core.signing import FernetSigner
from django_cryptography.utils.crypto import FernetBytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vaultportal.crypto.conftest import start_over
from vaultportal.crypto import blobs, keyring, rotation
from vaultportal.crypto.errors import Expired, KeyGone, Tampered

NOW = timezone.now().replace(microsecond=0)


def sealed_at(moment: timedelta, data: bytes = b"data") -> bytes:
    with time_machine.travel(NOW + moment, tick=False):
        return blobs.seal_blob("ticket", data)


def opened_at(moment: timedelta, blob: bytes, ttl: int | None = 60) -> bytes:
    with time_machine.travel(NOW + moment, tick=False):
        return blobs.open_blob("ticket", blob, ttl=ttl)


SEALED = timedelta()


@given(data=st.binary(max_size=500), purpose=st.text(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_blob_comes_back_as_it_was(db: None, data: bytes, purpose: str) -> None:
    assert blobs.open_blob(purpose, blobs.seal_blob(purpose, data), ttl=60) == data


def test_a_blob_opens_for_its_purpose_only(db: None) -> None:
    blob = blobs.seal_blob("ticket", b"data")

    for purpose in ("", "ticke", "tickets", "other"):
        with pytest.raises(Tampered):
            blobs.open_blob(purpose, blob, ttl=60)


def test_a_purpose_and_the_data_are_not_confused(db: None) -> None:
    blob = blobs.seal_blob("ti", b"cketdata")

    with pytest.raises(Tampered):
        blobs.open_blob("ticket", blob, ttl=60)


@pytest.mark.parametrize("age", [0, 59, 60])
def test_a_blob_opens_while_it_is_young(keys: Path, age: int) -> None:
    assert opened_at(timedelta(seconds=age), sealed_at(SEALED)) == b"data"


@pytest.mark.parametrize("age", [61, 119, 3600, 10**6])
def test_an_old_blob_has_expired_to_the_second(keys: Path, age: int) -> None:
    with pytest.raises(Expired):
        opened_at(timedelta(seconds=age), sealed_at(SEALED))


def test_a_blob_without_a_time_to_live_stays(keys: Path) -> None:
    blob = sealed_at(SEALED)

    assert opened_at(timedelta(days=4000), blob, ttl=None) == b"data"
    assert opened_at(timedelta(days=-1), blob, ttl=None) == b"data"


def test_a_blob_from_the_future_is_refused_beyond_a_minute_of_skew(keys: Path) -> None:
    blob = sealed_at(SEALED)

    assert opened_at(timedelta(seconds=-60), blob) == b"data"
    with pytest.raises(Tampered):
        opened_at(timedelta(seconds=-61), blob, ttl=10**6)


def test_no_byte_can_be_altered_not_even_to_look_expired(keys: Path) -> None:
    blob = blobs.seal_blob("ticket", b"data")

    for position in range(len(blob)):
        altered = bytearray(blob)
        altered[position] ^= 1
        with pytest.raises(Tampered):
            blobs.open_blob("ticket", bytes(altered), ttl=60)
    for length in range(len(blob)):
        with pytest.raises(Tampered):
            blobs.open_blob("ticket", blob[:length], ttl=60)
    with pytest.raises(Tampered):
        blobs.open_blob("ticket", blob + b"\x00", ttl=60)


def test_a_blob_of_a_foreign_key_is_refused(keys: Path) -> None:
    """Also one that was made with Django's SECRET_KEY, as the package does when left alone."""
    framed = b"\x00\x00\x00\x06ticketdata"
    foreign = FernetBytes(key=bytes(32), signer=FernetSigner(get_random_string(50)))

    for fernet in (foreign, FernetBytes()):
        with pytest.raises(Tampered):
            blobs.open_blob("ticket", b"\x00\x00\x00\x01" + fernet.encrypt(framed), ttl=60)


def test_a_blob_of_another_portal_is_refused(keys: Path) -> None:
    blob = blobs.seal_blob("ticket", b"data")
    rotation.rotate_data_key(blobs.SCOPE)
    renumbered = (2).to_bytes(4, "big") + blob[4:]

    with pytest.raises(Tampered):
        blobs.open_blob("ticket", renumbered, ttl=60)


def test_a_blob_outlives_a_restart_and_dies_with_its_key(keys: Path) -> None:
    blob = blobs.seal_blob("ticket", b"data")
    start_over()
    assert blobs.open_blob("ticket", blob, ttl=60) == b"data"

    rotation.destroy_scope(blobs.SCOPE)

    with pytest.raises(KeyGone):
        blobs.open_blob("ticket", blob, ttl=60)


def test_two_blobs_of_one_value_differ_and_hide_it(keys: Path) -> None:
    one, other = blobs.seal_blob("ticket", b"data" * 9), blobs.seal_blob("ticket", b"data" * 9)

    assert one != other
    assert b"data" not in one
    assert keyring.scope_key(blobs.SCOPE).export() not in one
