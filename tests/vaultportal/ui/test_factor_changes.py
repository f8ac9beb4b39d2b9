"""A second factor that is added or removed, and the entry about it: both, or neither."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal import auth
from django.db import connection
from django.test import Client

from tests.factories import make_person
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.models import Notice
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db

PAGES = "/accounts/2fa/"
Kind = Authenticator.Type


@pytest.fixture
def person() -> User:
    return make_person(email="somebody@example.com")


def with_factors(person: User) -> User:
    """The person, with an app, a key that seconds a password, and recovery codes."""
    TOTP.activate(person, pyotp.random_base32())
    for kind in (Kind.WEBAUTHN, Kind.RECOVERY_CODES):
        Authenticator.objects.create(user=person, type=kind, data={"name": "Key"})
    return person


def close_the_trail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditentry ADD CONSTRAINT closed CHECK (false) NOT VALID")


def kinds_of(person: User) -> list[str]:
    return sorted(Authenticator.objects.filter(user=person).values_list("type", flat=True))


def recorded_of(person: User) -> list[tuple[str, Any]]:
    rows = AuditEntry.objects.filter(target_id=str(person.pk), action__contains="factor")
    return [(row.action, row.document["detail"]["factor"]) for row in rows.order_by("id")]


def code_for(client: Client) -> dict[str, str]:
    """What the page for an app wants."""
    secret = client.get(f"{PAGES}totp/activate/").context["form"].secret
    return {"code": pyotp.TOTP(secret).now()}


def test_no_app_is_added_that_the_trail_does_not_tell_of(person: User) -> None:
    client = sign_in(person)
    given = code_for(client)
    Notice.objects.filter(user=person).delete()
    close_the_trail()

    assert client.post(f"{PAGES}totp/activate/", given).status_code == 500

    assert kinds_of(person) == []
    assert not Notice.objects.filter(user=person).exists()


def test_no_passkey_is_added_that_the_trail_does_not_tell_of(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "parse_registration_response", lambda response: response)
    monkeypatch.setattr(auth, "complete_registration", lambda credential: credential)
    client, given = sign_in(person), {"name": "Key", "credential": '{"id": "key"}'}
    client.get(f"{PAGES}webauthn/add/")
    assert client.post(f"{PAGES}webauthn/add/", given).status_code == 302
    assert recorded_of(person) == [("user.add_factor", "webauthn")]
    Authenticator.objects.filter(user=person).delete()
    close_the_trail()

    assert client.post(f"{PAGES}webauthn/add/", given).status_code == 500

    assert kinds_of(person) == []


@pytest.mark.parametrize("page", ["totp/deactivate/", "webauthn/keys/{key}/remove/"])
def test_no_factor_goes_that_the_trail_does_not_tell_of(person: User, page: str) -> None:
    client = sign_in(with_factors(person))
    key = Authenticator.objects.get(user=person, type=Kind.WEBAUTHN).pk
    close_the_trail()

    assert client.post(PAGES + page.format(key=key)).status_code == 500

    assert kinds_of(person) == [Kind.RECOVERY_CODES, Kind.TOTP, Kind.WEBAUTHN]


def test_recovery_codes_stay_as_they_were_when_the_trail_is_closed(person: User) -> None:
    client = sign_in(with_factors(person))
    before = Authenticator.objects.get(user=person, type=Kind.RECOVERY_CODES).pk
    close_the_trail()

    assert client.post(f"{PAGES}recovery-codes/generate/").status_code == 500

    assert Authenticator.objects.get(user=person, type=Kind.RECOVERY_CODES).pk == before


def test_codes_that_go_with_the_last_factor_are_no_change_of_their_own(person: User) -> None:
    client = sign_in(with_factors(person))
    key = Authenticator.objects.get(user=person, type=Kind.WEBAUTHN).pk

    client.post(f"{PAGES}webauthn/keys/{key}/remove/")
    client.post(f"{PAGES}totp/deactivate/")

    assert kinds_of(person) == []
    assert recorded_of(person) == [
        ("user.remove_factor", "webauthn"),
        ("user.remove_factor", "totp"),
    ]


def test_a_wrong_code_leaves_nothing(person: User) -> None:
    client = sign_in(person)
    client.get(f"{PAGES}totp/activate/")

    assert client.post(f"{PAGES}totp/activate/", {"code": "000000"}).status_code == 200

    assert (kinds_of(person), recorded_of(person)) == ([], [])
