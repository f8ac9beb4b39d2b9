"""Sign-ins over the wire end with what they stand on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.api.views.session import token_fields
from s3vault_app.models import AccessToken
from s3vault_app.services import sessions
from s3vault_app.services.tokens import TokenFields
from tests.factories import as_admin, make_person, unique
from vaultportal.api.wire import Fields
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import passwords, people
from vaultportal.errors import Forbidden, Invalid, Unauthenticated
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiKey, User

pytestmark = pytest.mark.django_db

PASSWORD = "a password of the tests, long enough"


@pytest.fixture
def signed_in() -> sessions.SignedIn:
    person = make_person(password=PASSWORD)
    return sessions.sign_in(person.username, PASSWORD, Origin())


def live(user: User) -> int:
    return ApiKey.objects.filter(user=user, revoked_at=None).count()


def test_a_new_password_ends_them(signed_in: sessions.SignedIn) -> None:
    assert live(signed_in.user) == 1
    passwords.set_password(as_admin(), signed_in.user.pk, unique("another long password"))

    assert live(signed_in.user) == 0
    with pytest.raises(Unauthenticated):
        sessions.renew(signed_in.token, Origin())


def test_a_disabled_account_ends_them_for_good(signed_in: sessions.SignedIn) -> None:
    people.disable_person(as_admin(), signed_in.user.pk)
    people.enable_person(as_admin(), signed_in.user.pk)

    with pytest.raises(Unauthenticated):
        sessions.renew(signed_in.token, Origin())


def test_they_cannot_be_renewed_for_ever(signed_in: sessions.SignedIn) -> None:
    AccessToken.objects.update(renewable_until=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Unauthenticated):
        sessions.renew(signed_in.token, Origin())
    sessions.sign_in(signed_in.user.username, PASSWORD, Origin())
    assert live(signed_in.user) == 1  # the dead one is swept


def test_a_token_is_bound_to_its_networks() -> None:
    actor = as_admin(address="192.0.2.7")
    made = sessions.issue_token(actor, TokenFields(addresses=("198.51.100.0/24",)))
    credential = actor.credential
    narrowed = actor.with_(
        credential=type(credential)("api_key", str(made.row.key_id), frozenset({"s3vault_app.*"}))
    )

    assert sessions.of_credential(narrowed) == made.row
    with pytest.raises(Forbidden):
        sessions.require_reach(narrowed, "/v4/cvs3stores")
    sessions.require_reach(narrowed.with_(address="198.51.100.9"), "/v4/cvs3stores")


def token_actor(fields: TokenFields, **changes: Any) -> tuple[Actor, sessions.IssuedToken]:
    """Somebody who came with an access token of their own, and that token."""
    actor = as_admin(address="198.51.100.9")
    made = sessions.issue_token(actor, fields)
    credential = type(actor.credential)(
        "api_key", str(made.row.key_id), frozenset({"s3vault_app.*", "identity.*"})
    )
    return actor.with_(credential=credential, **changes), made


def test_a_change_that_says_little_widens_nothing() -> None:
    actor = as_admin()
    fields = TokenFields(type=3, endpoints=("/v4/cvs3stores",), addresses=("198.51.100.0/24",))
    made = sessions.issue_token(actor, fields)

    row = sessions.change_token(actor, made.row.pk, TokenFields(name="other"))

    assert (row.name, row.type, row.endpoints) == ("other", 3, ["/v4/cvs3stores"])
    assert row.addresses == ["198.51.100.0/24"]
    assert ApiKey.objects.get(pk=row.key_id).scopes == ["s3vault_app.*"]


def test_the_wire_tells_what_was_not_said_from_what_is_empty() -> None:
    assert token_fields(Fields({"tokenName": "ci"})) == TokenFields(name="ci")
    said = token_fields(Fields({"tokenType": 2, "apiEndpoints": [], "allowedIPs": []}))
    assert (said.type, said.endpoints, said.addresses) == (2, (), ())


def test_a_token_lives_for_a_year_at_most() -> None:
    far = TokenFields(expires_at=timezone.now() + timedelta(days=367))
    actor = as_admin()
    made = sessions.issue_token(actor, TokenFields())
    with pytest.raises(Invalid):
        sessions.issue_token(actor, far)
    with pytest.raises(Invalid):
        sessions.change_token(actor, made.row.pk, far)


def test_a_token_makes_none_that_outlives_or_outreaches_it() -> None:
    ends = timezone.now() + timedelta(days=2)
    actor, made = token_actor(TokenFields(addresses=("198.51.100.0/24",), expires_at=ends))
    own = made.row.key.expires_at

    child = sessions.issue_token(actor, TokenFields())
    later = timezone.now() + timedelta(days=3)
    for wider in (
        TokenFields(expires_at=later),
        TokenFields(renewable_until=later),
        TokenFields(addresses=()),
        TokenFields(addresses=("198.51.0.0/16",)),
        TokenFields(addresses=("::/0",)),
    ):
        with pytest.raises(Forbidden):
            sessions.issue_token(actor, wider)
        with pytest.raises(Forbidden):
            sessions.change_token(actor, made.row.pk, wider)
    inner = TokenFields(addresses=("198.51.100.128/25",))

    assert child.row.addresses == ["198.51.100.0/24"]
    assert child.row.key.expires_at is not None
    assert own is not None
    assert abs(child.row.key.expires_at - own) < timedelta(seconds=5)
    assert child.row.renewable_until == own
    assert sessions.issue_token(actor, inner).row.addresses == ["198.51.100.128/25"]
    assert sessions.change_token(actor, made.row.pk, TokenFields(name="n")).name == "n"


def test_a_renewal_comes_from_the_tokens_networks_and_in_time() -> None:
    actor = as_admin()
    bound = sessions.issue_token(actor, TokenFields(addresses=("198.51.100.0/24",)))
    with pytest.raises(Unauthenticated):
        sessions.renew_token(bound.token, bound.refresh_token, Origin(address="192.0.2.7"))
    inside = Origin(address="198.51.100.7")
    renewed = sessions.renew_token(bound.token, bound.refresh_token, inside)
    ApiKey.objects.filter(pk=renewed.row.key_id).update(expires_at=timezone.now())
    with pytest.raises(Unauthenticated):
        sessions.renew_token(renewed.token, renewed.refresh_token, inside)
