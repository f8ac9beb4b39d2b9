"""Identities at a provider: a person connects and disconnects them."""

from __future__ import annotations

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tests.factories import as_admin, make_person
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import last, linked
from tests.vaultportal.ui.oidc_provider import START, Issuer, go, leave, sign_in_there
from vaultportal.directory.services import identities
from vaultportal.ui.oidc import tokens

pytestmark = pytest.mark.django_db


def test_a_person_connects_and_disconnects_an_identity(issuer: Issuer, sub: str) -> None:
    person = make_person(password="correct-horse-battery-9")
    client = sign_in(person)
    assert "Not connected" in client.get("/accounts/2fa/").content.decode()

    answer = go(client, sub, "connect", "/accounts/2fa/")

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    assert sub in client.get("/accounts/2fa/").content.decode()
    assert last("user.connect_identity").document["detail"] == {"provider": "acme"}
    row = SocialAccount.objects.get(user=person)
    assert row.extra_data == {"issuer": issuer.url, "subject": sub, "name": sub}

    assert client.get(f"/me/identities/{row.pk}/").status_code == 200
    assert client.post(f"/me/identities/{row.pk}/").status_code == 302
    assert not SocialAccount.objects.filter(user=person).exists()
    assert last("user.disconnect_identity").target_id == str(person.pk)


def test_connecting_needs_a_fresh_proof_at_both_ends(issuer: Issuer, sub: str) -> None:
    person = make_person(password="correct-horse-battery-9")

    wanted, on = {"purpose": "connect", "next": "/accounts/2fa/"}, "?next=%2Faccounts%2F2fa%2F"
    old = sign_in(person, proved=False).post(START, wanted)
    assert old["Location"] == f"/me/prove/{on}"
    assert Client().post(START, wanted)["Location"] == f"/accounts/login/{on}"

    client = sign_in(person)
    back = sign_in_there(leave(client, "connect", "/accounts/2fa/"), sub)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()

    assert client.get(back)["Location"] == f"/me/prove/{on}"
    assert not SocialAccount.objects.filter(user=person).exists()


def test_an_identity_opens_one_account(issuer: Issuer, sub: str) -> None:
    owner = linked(issuer, sub)
    other = make_person(password="correct-horse-battery-9")

    answer = go(sign_in(other), sub, "connect")

    assert answer.status_code == 409
    assert "opens another account" in answer.content.decode()
    assert SocialAccount.objects.get(uid=tokens.uid_of(issuer.url, sub)).user == owner
    entry = last("user.connect_identity")
    assert (entry.outcome, entry.actor_name) == ("refused", other.username)


def test_the_last_way_in_stays(issuer: Issuer, sub: str) -> None:
    person = linked(issuer, sub)
    client = sign_in(person)
    row = SocialAccount.objects.get(user=person)

    answer = client.post(f"/me/identities/{row.pk}/", follow=True)

    assert "This is your last way in" in answer.content.decode()
    assert SocialAccount.objects.filter(pk=row.pk).exists()


def test_nobody_disconnects_somebody_elses(issuer: Issuer, sub: str) -> None:
    row = SocialAccount.objects.get(user=linked(issuer, sub))
    stranger = sign_in(make_person(password="correct-horse-battery-9"))

    for number in (row.pk, 2**31 - 1):
        assert stranger.get(f"/me/identities/{number}/").status_code == 404
        assert stranger.post(f"/me/identities/{number}/").status_code == 404
    assert SocialAccount.objects.filter(pk=row.pk).exists()


def test_who_manages_people_disconnects_anybodys(issuer: Issuer, sub: str) -> None:
    person = linked(issuer, sub)
    row = SocialAccount.objects.get(user=person)

    identities.disconnect(as_admin(), row.pk)

    assert not SocialAccount.objects.filter(pk=row.pk).exists()
    assert last("user.disconnect_identity").target_id == str(person.pk)
    assert go(Client(), sub).status_code == 409
