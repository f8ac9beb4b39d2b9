"""API clients and API keys."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import RequestFactory
from oauth2_provider.models import AccessToken

from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_stranger,
    make_access_token,
    make_person,
    make_role,
    unique,
)
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import selectors
from vaultportal.directory.permissions import ApiClientPermission, ApiKeyPermission
from vaultportal.directory.services import clients, keys
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from vaultportal.identity import authentication
from vaultportal.identity.models import ApiKey, Role, User
from vaultportal.identity.models.role import ADMIN

pytestmark = pytest.mark.django_db


def works(key: str) -> bool:
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {key}"})
    try:
        authentication.authenticate(request)
    except Unauthenticated:
        return False
    return True


def test_a_client_is_a_principal_with_a_secret_that_can_be_shown_again() -> None:
    role = make_role()
    made = clients.create_client(as_admin(), "nightly", [role.uuid])

    first = clients.open_client(as_admin(), made.pk)
    second = clients.open_client(as_admin(), made.pk)

    assert first == second
    assert (first.name, first.oauth_client_id) == ("nightly", "privx-external")
    assert len(first.secret) >= 40
    assert len(first.oauth_client_secret) >= 40
    assert first.secret not in repr(first)
    assert role.pk in authentication.user_actor(made.pk).role_ids
    assert AuditEntry.objects.filter(action="api_client.read_secret").count() == 2


def test_two_clients_may_have_one_name() -> None:
    first = clients.create_client(as_admin(), "twin")
    second = clients.create_client(as_admin(), "twin")

    assert first.pk != second.pk
    assert {clients.open_client(as_admin(), each.pk).name for each in (first, second)} == {"twin"}


def test_only_the_right_pair_is_verified() -> None:
    made = clients.create_client(as_admin(), unique("client"))
    secret = clients.open_client(as_admin(), made.pk).secret

    assert clients.verified(str(made.pk), secret) == made.user
    assert clients.verified(str(made.pk), secret + "x") is None
    assert clients.verified(str(made.pk), "") is None
    assert clients.verified(str(uuid4()), secret) is None
    assert clients.verified("nightly", secret) is None


def test_a_disabled_client_is_not_verified() -> None:
    made = clients.create_client(as_admin(), unique("client"))
    secret = clients.open_client(as_admin(), made.pk).secret

    clients.set_keyed_user_active(as_admin(), made.pk, active=False)

    assert clients.verified(str(made.pk), secret) is None


def test_a_secret_lies_sealed_in_the_database() -> None:
    made = clients.create_client(as_admin(), unique("client"))
    secret = clients.open_client(as_admin(), made.pk).secret

    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM identity_apiclient WHERE user_id = %s", [made.pk])
        (stored,) = cursor.fetchone()

    assert secret.encode() not in bytes(stored)


def test_a_new_secret_ends_the_old_one_and_its_tokens() -> None:
    made = clients.create_client(as_admin(), unique("client"))
    old = clients.open_client(as_admin(), made.pk).secret
    make_access_token(made.user)

    new = clients.rotate_secret(as_admin(), made.pk)

    assert clients.verified(str(made.pk), old) is None
    assert clients.verified(str(made.pk), new) == made.user
    assert not AccessToken.objects.filter(user=made.user).exists()


def test_a_deleted_client_ends_its_tokens() -> None:
    made = clients.create_client(as_admin(), unique("client"))
    token = make_access_token(made.user)
    assert works(token)

    clients.delete_client(as_admin(), made.pk)

    assert not works(token)
    with pytest.raises(NotFound):
        clients.open_client(as_admin(), made.pk)


def test_a_changed_client_keeps_its_secret() -> None:
    made = clients.create_client(as_admin(), unique("client"))
    secret = clients.open_client(as_admin(), made.pk).secret
    role = make_role()

    clients.change_client(as_admin(), made.pk, name="renamed", roles=[role.uuid])

    found = clients.open_client(as_admin(), made.pk)
    assert (found.name, found.secret) == ("renamed", secret)
    assert [each.uuid for each, _ in selectors.memberships_of([made.pk])[made.pk]] == [role.uuid]


def test_whoever_manages_clients_hands_out_only_what_they_hold() -> None:
    own, other = make_role(permissions=list(ApiClientPermission)), make_role()
    actor = as_member(own)

    made = clients.create_client(actor, unique("client"), [own.uuid])
    for roles in ([other.uuid], [Role.objects.get(name=ADMIN).uuid]):
        with pytest.raises(Forbidden):
            clients.create_client(actor, unique("client"), roles)
        with pytest.raises(Forbidden):
            clients.change_client(actor, made.pk, roles=roles)


def test_the_secret_of_an_administrators_client_is_not_told_to_others() -> None:
    actor = as_member(make_role(permissions=list(ApiClientPermission)))
    made = clients.create_client(as_admin(), "boss", [Role.objects.get(name=ADMIN).uuid])

    for attempt in (clients.open_client, clients.rotate_secret, clients.delete_client):
        with pytest.raises(Forbidden):
            attempt(actor, made.pk)


@pytest.mark.parametrize("name", ["", "a" * 201, " a", "a\x00"])
def test_a_client_needs_a_name(name: str) -> None:
    with pytest.raises(Invalid):
        clients.create_client(as_admin(), name)


def test_a_stranger_learns_nothing_of_clients() -> None:
    made = clients.create_client(as_admin(), unique("client"))

    for attempt in (clients.open_client, clients.rotate_secret, clients.delete_client):
        with pytest.raises(Forbidden):
            attempt(as_stranger(), made.pk)
    with pytest.raises(Forbidden):
        clients.create_client(as_stranger(), "mine")
    with pytest.raises(Forbidden):
        selectors.list_clients(as_stranger())


def test_a_key_works_until_it_is_revoked() -> None:
    person = make_person()

    issued = keys.issue_key(actor_of(person), person.pk, label="laptop")
    assert works(issued.key)
    assert issued.key not in repr(issued)

    keys.revoke_key(actor_of(person), issued.id)
    assert not works(issued.key)


def test_a_key_is_kept_as_a_digest() -> None:
    person = make_person()
    issued = keys.issue_key(actor_of(person), person.pk)

    row = ApiKey.objects.get(pk=issued.id)

    assert issued.key.encode() not in bytes(row.digest)
    assert row.prefix and issued.key.startswith(row.prefix)
    assert len(row.prefix) < len(issued.key) / 2


def test_replaced_keys_are_dead_at_once() -> None:
    user = clients.create_keyed_user(as_admin(), unique("webapp"))
    first = keys.issue_key(as_admin(), user.pk, label="main")

    second = keys.replace_keys(as_admin(), user.pk, lifetime=timedelta(days=365))

    assert not works(first.key)
    assert works(second.key)
    assert second.expires_at is not None
    assert ApiKey.objects.get(user=user).label == "main"


def test_an_expiry_can_be_moved() -> None:
    user = clients.create_keyed_user(as_admin(), unique("webapp"))
    keys.issue_key(as_admin(), user.pk)

    ends = keys.set_expiry(as_admin(), user.pk, timedelta(hours=1))

    assert ApiKey.objects.get(user=user).expires_at == ends
    assert keys.set_expiry(as_admin(), user.pk, None) is None


def test_a_key_in_use_is_not_given_to_another() -> None:
    text = "Some-Key-0f-Their-Own"
    first, second = make_person(), make_person()
    keys.issue_key(actor_of(first), first.pk, key=text)

    with pytest.raises(Conflict):
        keys.issue_key(actor_of(second), second.pk, key=text)


@pytest.mark.parametrize(
    "text", ["short1A", "no-digits-In-this-one", "no-upper-case-1-in-it", "1" * 20]
)
def test_an_easy_key_is_refused(text: str) -> None:
    person = make_person()

    with pytest.raises(Invalid):
        keys.issue_key(actor_of(person), person.pk, key=text)


def test_keys_of_others_need_the_right() -> None:
    person = make_person()
    issued = keys.issue_key(as_admin(), person.pk)

    with pytest.raises(Forbidden):
        keys.issue_key(as_stranger(), person.pk)
    with pytest.raises(NotFound):
        keys.revoke_key(as_stranger(), issued.id)
    with pytest.raises(Forbidden):
        selectors.list_keys(as_stranger(), person.pk)
    viewer = as_member(make_role(permissions=[ApiKeyPermission.VIEW]))
    with pytest.raises(Forbidden):
        keys.revoke_key(viewer, issued.id)


def test_a_key_of_an_administrator_is_not_made_by_others() -> None:
    boss = User.objects.get(pk=as_admin().user_id)
    actor = as_member(make_role(permissions=list(ApiKeyPermission)))

    with pytest.raises(Forbidden):
        keys.issue_key(actor, boss.pk)


def test_a_narrowed_credential_makes_no_wider_key() -> None:
    person = make_person()
    narrowed = actor_of(person, scopes=["secrets_app.*"])

    with pytest.raises(Forbidden):
        keys.issue_key(narrowed, person.pk)
    with pytest.raises(Forbidden):
        keys.issue_key(narrowed, person.pk, scopes=["collections_app.*"])

    assert keys.issue_key(narrowed, person.pk, scopes=["secrets_app.*"]).key
