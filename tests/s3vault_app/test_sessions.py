"""Sign-ins over the wire end with what they stand on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from s3vault_app.models import AccessToken
from s3vault_app.services import sessions
from tests.factories import as_admin, make_person, unique
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import passwords, people
from vaultportal.errors import Forbidden, Unauthenticated
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
    made = sessions.issue_token(actor, sessions.TokenFields(addresses=("198.51.100.0/24",)))
    credential = actor.credential
    narrowed = actor.with_(
        credential=type(credential)("api_key", str(made.row.key_id), frozenset({"s3vault_app.*"}))
    )

    assert sessions.of_credential(narrowed) == made.row
    with pytest.raises(Forbidden):
        sessions.require_reach(narrowed, "/v4/cvs3stores")
    sessions.require_reach(narrowed.with_(address="198.51.100.9"), "/v4/cvs3stores")
