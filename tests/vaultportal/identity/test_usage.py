"""API keys in use: noted after the answer, kept as digests under the newest pepper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.vaultportal.identity.bearers import answered, who
from vaultportal.crypto import blind_index, keyring, rotation
from vaultportal.identity import keys
from vaultportal.identity.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_keyring(transactional_db: None) -> Iterator[None]:
    """The pepper that a test rotates is known to nobody after it."""
    yield
    keyring.forget()


def test_the_use_of_a_key_is_noted_after_the_answer_and_once_a_minute(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    token, key = factories.make_api_key(factories.make_person())
    with django_assert_num_queries(1):
        who(token)
    assert ApiKey.objects.get(pk=key.pk).last_used_at is None

    answered()

    first = ApiKey.objects.get(pk=key.pk).last_used_at
    assert first is not None
    who(token)
    with django_assert_num_queries(0):
        answered()
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    who(token)
    answered()
    again = ApiKey.objects.get(pk=key.pk).last_used_at
    assert again is not None
    assert again > first - timedelta(minutes=2)


def test_the_table_holds_only_a_digest_of_the_key() -> None:
    token, _ = factories.make_api_key(factories.make_person())

    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_apikey::text FROM identity_apikey")
        dump = str(cursor.fetchall())

    assert token[15:] not in dump
    assert token.encode().hex() not in dump
    assert blind_index.hmac_digest("api_key", token.encode()).hex() in dump


@pytest.mark.usefixtures("own_keyring")
def test_a_key_under_an_old_pepper_works_and_moves_under_the_new_one() -> None:
    user = factories.make_person()
    token, key = factories.make_api_key(user)
    old = key.pepper_version

    rotation.rotate_data_key("pepper")

    assert who(token).user_id == user.pk
    answered()
    key.refresh_from_db()
    assert key.pepper_version == blind_index.pepper_version() > old
    assert bytes(key.digest) == keys.digest(token)
    assert who(token).user_id == user.pk
