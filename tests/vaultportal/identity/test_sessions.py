"""Browser sessions: usable by the browser alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth import SESSION_KEY, login
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from vaultportal.identity.models import Session, User
from vaultportal.identity.sessions import SessionStore

pytestmark = pytest.mark.django_db

BACKEND = "vaultportal.identity.backends.AccessBackend"


def signed_in(user: User) -> SessionStore:
    """The saved session of a browser in which the user has just signed in."""
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.3", HTTP_USER_AGENT="Browser/1")
    request.session = SessionStore()
    login(request, user, backend=BACKEND)
    request.session.save()
    return request.session


def key_of(store: SessionStore) -> str:
    assert store.session_key is not None
    return store.session_key


def id_of(store: SessionStore) -> UUID:
    assert store.row_id is not None
    return store.row_id


def reopened(key: str) -> dict[str, object]:
    """What another process finds for the key in a cookie."""
    return dict(SessionStore(key).items())


def test_a_session_is_found_again_by_its_key() -> None:
    user = factories.make_person()
    store = signed_in(user)
    store["answer"] = 42
    store.save()

    again = SessionStore(key_of(store))

    assert again["answer"] == 42
    assert again[SESSION_KEY] == str(user.pk)
    assert again.row_id == store.row_id == Session.objects.get(user=user).pk


def test_the_row_tells_whose_it_is_and_where_it_came_from() -> None:
    user = factories.make_person()
    store = signed_in(user)

    row = Session.objects.get(pk=id_of(store))

    assert (row.user, row.address, row.user_agent) == (user, "192.0.2.3", "Browser/1")


def test_the_table_has_no_usable_key_and_no_data_in_clear() -> None:
    store = signed_in(factories.make_person())
    store["seed"] = "JBSWY3DPEHPK3PXP"
    store.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_session::text FROM identity_session")
        dump = str(cursor.fetchall())

    for secret in (key_of(store), "JBSWY3DPEHPK3PXP"):
        assert secret not in dump
        assert secret.encode().hex() not in dump
    digest = bytes(Session.objects.get(pk=id_of(store)).digest)
    assert reopened(digest.hex()) == {}
    assert reopened(digest.decode("latin-1")) == {}


def test_signing_in_changes_the_key() -> None:
    anonymous = SessionStore()
    anonymous["basket"] = 1
    anonymous.save()
    before = key_of(anonymous)
    request = RequestFactory().get("/")
    request.session = anonymous

    login(request, factories.make_person(), backend=BACKEND)
    request.session.save()

    assert key_of(request.session) != before
    assert reopened(before) == {}
    assert request.session["basket"] == 1


def test_disabling_a_user_ends_the_sessions_for_good() -> None:
    user = factories.make_person()
    store = signed_in(user)

    User.objects.filter(pk=user.pk).update(is_active=False)
    assert reopened(key_of(store)) == {}
    User.objects.filter(pk=user.pk).update(is_active=True)

    assert reopened(key_of(store)) == {}
    with pytest.raises(UpdateError):
        store.save()


def test_a_session_ends_however_busy_it_is() -> None:
    store = signed_in(factories.make_person())
    Session.objects.filter(pk=id_of(store)).update(expires_at=timezone.now())

    assert reopened(key_of(store)) == {}
    with pytest.raises(UpdateError):
        store.save()
    SessionStore.clear_expired()
    assert not Session.objects.filter(pk=id_of(store)).exists()


def test_saving_does_not_move_the_end() -> None:
    store = signed_in(factories.make_person())
    soon = timezone.now() + timedelta(minutes=1)
    Session.objects.filter(pk=id_of(store)).update(expires_at=soon)

    store["more"] = 1
    store.save()

    assert Session.objects.get(pk=id_of(store)).expires_at == soon


def test_ending_a_session() -> None:
    store = signed_in(factories.make_person())
    key = key_of(store)
    assert SessionStore().exists(key)

    store.flush()

    assert not SessionStore().exists(key)
    assert not Session.objects.exists()


def test_data_that_cannot_be_opened_is_a_sign_out() -> None:
    store = signed_in(factories.make_person())
    row = Session.objects.get(pk=id_of(store))
    damaged = bytearray(row.data)
    damaged[-1] ^= 1
    Session.objects.filter(pk=row.pk).update(data=bytes(damaged))

    assert reopened(key_of(store)) == {}


def test_opening_costs_one_statement_and_notes_the_browser_once_a_minute(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    store = signed_in(factories.make_person())
    with django_assert_num_queries(1):
        assert reopened(key_of(store))
    long_ago = timezone.now() - timedelta(minutes=5)
    Session.objects.filter(pk=id_of(store)).update(last_seen_at=long_ago)

    with django_assert_num_queries(2):
        assert reopened(key_of(store))

    assert Session.objects.get(pk=id_of(store)).last_seen_at > long_ago


def test_a_sign_in_without_a_browser_notes_nothing() -> None:
    user = factories.make_person()
    request = HttpRequest()
    request.session = SessionStore()

    login(request, user, backend=BACKEND)
    request.session.save()

    row = Session.objects.get(user=user)
    assert (row.address, row.user_agent) == (None, "")
