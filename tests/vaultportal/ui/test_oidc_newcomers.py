"""Accounts for people whom only the provider knows."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import make_person, unique
from tests.vaultportal.ui.oidc_kit import who
from tests.vaultportal.ui.oidc_provider import Issuer, go
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db


def test_who_is_unknown_gets_an_account_where_that_is_wanted(
    issuer: Issuer, settings: Settings, sub: str
) -> None:
    settings.PORTAL_OIDC_CREATE = True
    issuer.knows(
        sub,
        preferred_username=sub,
        name="New\nComer",
        email=f"{sub}@example.com",
        email_verified=True,
    )
    client = Client()

    assert go(client, sub).status_code == 302

    person = User.objects.get(username=sub)
    assert (who(client), person.full_name) == (str(person.pk), "NewComer")
    assert person.email == f"{sub}@example.com"
    assert not person.has_usable_password()
    assert not (person.is_staff or person.is_superuser or person.groups.exists())
    assert go(Client(), sub).status_code == 302
    assert User.objects.filter(username__startswith=sub).count() == 1


def test_a_newcomer_takes_nobodys_name_or_address(
    issuer: Issuer, settings: Settings, sub: str
) -> None:
    settings.PORTAL_OIDC_CREATE = True
    address = f"{sub}@example.com"
    named, addressed = make_person(username=sub), make_person(email=address)
    issuer.knows(sub, preferred_username=sub.upper(), email=address, email_verified=True)
    other = unique("sub")
    issuer.knows(other, preferred_username=address)

    first, second = Client(), Client()
    assert go(first, sub).status_code == 302
    assert go(second, other).status_code == 302

    made = User.objects.get(pk=str(who(first)))
    assert (made.username, made.email) == (f"{sub.upper()}-2", "")
    assert User.objects.get(pk=str(who(second))).username == f"{address}-2"
    assert {named.pk, addressed.pk}.isdisjoint({made.pk, who(second)})


def test_nonsense_about_a_newcomer_makes_a_plain_account(
    issuer: Issuer, settings: Settings, sub: str
) -> None:
    settings.PORTAL_OIDC_CREATE = True
    issuer.knows(
        sub, preferred_username=["x"], name="a\x00b" * 500, email="no address", email_verified=True
    )
    client = Client()

    assert go(client, sub).status_code == 302

    person = User.objects.get(pk=str(who(client)))
    assert person.email == ""
    assert person.username.isprintable()
    assert "\x00" not in person.full_name
