"""Keyed digests."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vaultportal.crypto.conftest import start_over
from vaultportal.crypto import blind_index, keyring, rotation
from vaultportal.crypto.errors import KeyGone

pytestmark = pytest.mark.usefixtures("keys")
same_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def test_equal_values_have_equal_digests_of_16_bytes() -> None:
    one = blind_index.digest("scope", "property", b"ada@example.org")

    assert len(one) == 16
    assert one == blind_index.digest("scope", "property", b"ada@example.org")


@given(values=st.lists(st.binary(max_size=40), min_size=2, max_size=2, unique=True))
@same_database
def test_other_values_have_other_digests(values: list[bytes]) -> None:
    one, other = (blind_index.digest("scope", "property", value) for value in values)

    assert one != other


def test_the_caller_normalises() -> None:
    spellings = (b"Ada", b"ada", b" ada", "adá".encode(), "ada\u0301".encode())

    assert len({blind_index.digest("scope", "property", spelling) for spelling in spellings}) == 5


def test_a_value_is_not_recognised_in_another_property_or_scope() -> None:
    digests = {
        blind_index.digest(scope, name, b"value")
        for scope in ("one", "two")
        for name in ("email", "backup_email")
    }

    assert len(digests) == 4


def test_a_property_and_a_value_are_not_confused() -> None:
    assert blind_index.digest("scope", "ab", b"c") != blind_index.digest("scope", "a", b"bc")


def test_a_digest_needs_the_key() -> None:
    digest = blind_index.digest("scope", "property", b"value")
    secret = keyring.scope_key("index:scope").export()

    assert digest != hashlib.sha256(b"value").digest()[:16]
    assert digest != hmac.digest(secret, b"value", "sha256")[:16]
    start_over()
    assert blind_index.digest("scope", "property", b"value") == digest


def test_the_index_key_is_not_the_scopes_key() -> None:
    blind_index.digest("scope", "property", b"value")

    assert keyring.versions("scope") == []
    assert blind_index.index_versions("scope") == [1]
    assert blind_index.index_version("scope") == 1


def test_a_credential_is_found_under_every_live_pepper_only() -> None:
    first = blind_index.hmac_digest("api_key", b"credential")
    rotation.rotate_data_key(blind_index.PEPPER_SCOPE)
    second = blind_index.hmac_digest("api_key", b"credential")

    assert blind_index.hmac_digests("api_key", b"credential") == [second, first]
    rotation.refuse_below(blind_index.PEPPER_SCOPE, 2)
    assert blind_index.hmac_digests("api_key", b"credential") == [second]
    with pytest.raises(KeyGone):
        blind_index.hmac_digest("api_key", b"credential", version=1)


def test_digests_of_two_purposes_are_unrelated() -> None:
    assert len(blind_index.hmac_digest("api_key", b"credential")) == 32
    assert blind_index.hmac_digest("api_key", b"x") != blind_index.hmac_digest("session", b"x")


def test_the_first_question_makes_the_first_pepper() -> None:
    assert len(blind_index.hmac_digests("api_key", b"credential")) == 1
    assert blind_index.pepper_version() == 1
