"""From a token to its actor, at once and no longer than it is true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.test import RequestFactory
from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.vaultportal.identity.bearers import (
    REVOCATIONS,
    SignedIn,
    bearing,
    is_refused,
    roles_of,
    who,
)
from vaultportal.errors import Unauthenticated
from vaultportal.identity import scopes
from vaultportal.identity.authentication import Authenticator
from vaultportal.identity.models import ApiKey, Membership, User

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


# -- who -------------------------------------------------------------------------------------------


def test_an_api_key_is_its_owner_with_roles_and_rights() -> None:
    user = factories.make_person(is_staff=True)
    role = factories.make_role(members=[user])
    role.permissions.add(Permission.objects.get(codename="view_user"))
    token, key = factories.make_api_key(user)

    actor = who(token)

    assert (actor.user_id, actor.number, actor.name) == (user.pk, user.number, user.username)
    assert (actor.kind, actor.is_staff, actor.is_superuser) == ("person", True, False)
    assert roles_of(actor) == {role.number}
    assert actor.permissions == {"identity.view_user"}
    assert (actor.credential.kind, actor.credential.id) == ("api_key", str(key.pk))
    assert actor.credential.scopes is None
    assert token not in repr(actor)


@pytest.mark.parametrize("token", ["pvaultauth-of-a-trial", "25969a8f-b9ff-463a-9e5f-c992fad7cb2d"])
def test_any_text_can_be_an_api_key(token: str) -> None:
    user = factories.make_client()
    factories.make_api_key(user, key=token)

    assert who(token).user_id == user.pk
    assert who(token).kind == "client"
    assert is_refused(token.upper())


def test_a_key_in_other_letters_than_latin_is_the_bytes_that_were_sent() -> None:
    user = factories.make_client()
    factories.make_api_key(user, key="schlüssel-ключ")

    assert who("schlüssel-ключ".encode().decode("latin-1")).user_id == user.pk
    assert is_refused("schlüssel-ключ")


def test_an_access_token_is_its_user_and_names_the_program() -> None:
    user, program = factories.make_person(), factories.make_application()
    token = factories.make_access_token(user, application=program)

    actor = who(token)

    assert actor.user_id == user.pk
    assert actor.credential.kind == "oauth"
    assert actor.credential.client_id == program.client_id
    row = get_access_token_model().objects.get(user=user)
    assert actor.credential.id == str(row.pk)
    assert row.token == ""


def test_a_token_of_a_program_for_itself_is_the_programs_user() -> None:
    client = factories.make_client()
    program = factories.make_application(user=client)

    assert who(factories.make_access_token(None, application=program)).user_id == client.pk
    orphan = factories.make_application()
    assert is_refused(factories.make_access_token(None, application=orphan))


def test_scopes_of_tokens_and_keys_narrow() -> None:
    scopes.register("test-everything", "*")
    scopes.register("test-books", "identity.*", "identity.view_book")
    user = factories.make_person()

    def of_token(scope: str) -> frozenset[str] | None:
        return who(factories.make_access_token(user, scope=scope)).credential.scopes

    assert of_token("test-everything openid") is None
    assert of_token("test-books") == frozenset({"identity.*", "identity.view_book"})
    assert of_token("secrets_app.read_secret") == frozenset({"secrets_app.read_secret"})
    assert of_token("openid unknown") == frozenset()
    assert of_token("") == frozenset()
    narrow, _ = factories.make_api_key(user, scopes=["identity.view_user"])
    assert who(narrow).credential.scopes == frozenset({"identity.view_user"})
    nothing, _ = factories.make_api_key(user, scopes=[])
    assert who(nothing).credential.scopes == frozenset()


def test_the_actor_knows_the_request_it_came_with() -> None:
    token, _ = factories.make_api_key(factories.make_person())
    request = bearing(token, REMOTE_ADDR="192.0.2.9", HTTP_USER_AGENT="curl/8")
    request.request_id = "r-1"  # type: ignore[attr-defined]  # set by the outermost middleware

    actor = Authenticator().authenticate(request)

    assert (actor.request_id, actor.address, actor.user_agent) == ("r-1", "192.0.2.9", "curl/8")
    assert actor.with_(reason="audit").reason == "audit"
    assert actor.reason == ""


# -- refusals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("revoke", REVOCATIONS.values(), ids=REVOCATIONS.keys())
def test_a_dead_key_is_refused(revoke: Callable[[User, ApiKey], object]) -> None:
    user = factories.make_person()
    token, key = factories.make_api_key(user)
    assert not is_refused(token)

    revoke(user, key)

    assert is_refused(token)


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=300)])
def test_an_expired_access_token_is_refused(age: timedelta) -> None:
    user = factories.make_person()

    assert is_refused(factories.make_access_token(user, expires=timezone.now() - age))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Token abc",
        "Bearer no-such-token",
        "Bearer " + "x" * 9000,
    ],
)
def test_all_refusals_are_the_same(header: str) -> None:
    request = RequestFactory().get("/", HTTP_AUTHORIZATION=header)

    with pytest.raises(Unauthenticated) as refusal:
        Authenticator().authenticate(request)

    assert str(refusal.value) == Unauthenticated.default
    assert refusal.value.reason == ""


def test_an_unknown_token_costs_one_statement_and_a_damaged_one_none(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    token, _ = factories.make_api_key(factories.make_person())

    with django_assert_num_queries(1):
        assert is_refused("no-such-token")
    with django_assert_num_queries(0):
        assert is_refused(token[:-1] + ("a" if token[-1] != "a" else "b"))


# -- memberships -----------------------------------------------------------------------------------


def test_a_membership_counts_from_its_beginning_to_its_end() -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    user = factories.make_person()
    present, past, future = (factories.make_role() for _ in range(3))
    factories.member_of(user, present, valid_from=now - hour, valid_until=now + hour)
    factories.member_of(user, past, valid_until=now)
    factories.member_of(user, future, valid_from=now + hour)

    assert roles_of(factories.actor_of(user)) == {present.number}


def test_a_retired_role_and_a_plain_group_are_not_held() -> None:
    user = factories.make_person()
    role = factories.make_role(members=[user], deleted_at=timezone.now())
    role.permissions.add(Permission.objects.get(codename="view_user"))
    group = Group.objects.create(name=factories.unique("group"))
    Membership.objects.create(user=user, group=group)

    actor = factories.actor_of(user)

    assert roles_of(actor) == set()
    assert actor.permissions == frozenset()


def test_nobody_signed_in_is_refused() -> None:
    with pytest.raises(Unauthenticated):
        Authenticator().session_actor(SignedIn(AnonymousUser()))
