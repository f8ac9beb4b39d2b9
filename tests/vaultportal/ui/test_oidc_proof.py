"""A fresh proof of who one is, at a provider of OpenID Connect."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tests.factories import unique
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import linked
from tests.vaultportal.ui.oidc_provider import Issuer, go, leave, sign_in_there
from vaultportal.ui.oidc import tokens

pytestmark = pytest.mark.django_db


def test_who_has_nothing_else_proves_it_there(issuer: Issuer, sub: str) -> None:
    client = sign_in(linked(issuer, sub), proved=False)
    page = client.get("/me/prove/?next=/me/keys/new/").content.decode()
    assert "Continue with Acme" in page
    assert "password" not in page.casefold()

    url = leave(client, "prove", "/me/keys/new/")
    asked = parse_qs(urlsplit(url).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    answer = client.get(sign_in_there(url, sub))

    assert (answer.status_code, answer["Location"]) == (302, "/me/keys/new/")
    assert client.post("/me/prove/", headers={"HX-Request": "true"}).status_code == 204


def test_the_dialog_waits_for_the_other_tab(issuer: Issuer, sub: str) -> None:
    client = sign_in(linked(issuer, sub), proved=False)

    dialog = client.get("/me/prove/", headers={"HX-Request": "true"}).content.decode()
    early = client.post("/me/prove/", headers={"HX-Request": "true"})

    assert 'form="prove-acme"' in dialog
    assert 'target="_blank"' in dialog
    assert "/me/prove/?done=1" in dialog
    assert early.status_code == 422
    assert "No new sign-in has come back yet." in early.content.decode()


def test_what_was_typed_waits_for_the_other_tab(issuer: Issuer, sub: str) -> None:
    person = linked(issuer, sub)
    client = sign_in(person, proved=False)
    place = f"/me/identities/{SocialAccount.objects.get(user=person).pk}/"
    client.get(place)
    page = client.post(place, {"typed": "before"})
    sealed = re.findall(r'name="kept" value="([^"]+)"', page.content.decode())[0]
    assert (page.status_code, 'form="prove-acme"' in page.content.decode()) == (401, True)
    assert client.post(place, {"kept": sealed}).status_code == 401

    go(client, sub, "prove")

    assert client.post(place, {"kept": sealed})["Location"] == "/accounts/2fa/"


def test_somebody_else_there_proves_nothing(issuer: Issuer, sub: str) -> None:
    client = sign_in(linked(issuer, sub), proved=False)
    other = unique("sub")

    assert go(client, other, "prove").status_code == 409
    assert client.post("/me/prove/", headers={"HX-Request": "true"}).status_code == 422


def test_who_has_a_factor_or_a_password_proves_it_here(issuer: Issuer, sub: str) -> None:
    person = linked(issuer, sub, password="correct-horse-battery-9")
    client = sign_in(person, proved=False)

    proved = go(client, sub, "prove", "/me/keys/new/")
    assert proved["Location"] == "/me/prove/?next=%2Fme%2Fkeys%2Fnew%2F"
    assert "/accounts/reauthenticate/" in client.get("/me/prove/")["Location"]


def test_a_factor_is_not_added_on_an_old_proof(issuer: Issuer, sub: str) -> None:
    """django-allauth would let pass who has neither password nor factor."""
    client = sign_in(linked(issuer, sub), proved=False)

    answer = client.get("/accounts/2fa/totp/activate/")

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/me/prove/")


def test_a_session_that_was_kept_open_there_is_no_fresh_proof() -> None:
    now = time.time()

    assert tokens.proved_at({"auth_time": now - 3600}, now) == now - 3600
    assert tokens.proved_at({"auth_time": now + 5}, now) == now
    for said in (None, "now", True, now + 3600):
        assert tokens.proved_at({"auth_time": said}, now) == 0.0


def test_a_tab_that_signed_in_elsewhere_goes_on(issuer: Issuer, sub: str) -> None:
    person, client = linked(issuer, sub), Client()
    mine = {"HX-Request": "true", "X-Person": str(person.number)}
    dialog = client.get("/me/again/", headers=mine)
    assert (dialog.status_code, "Continue with Acme" in dialog.content.decode()) == (401, True)

    go(client, sub)

    assert client.get("/me/again/", headers=mine).status_code == 204
    theirs = {"HX-Request": "true", "X-Person": "1"}
    assert client.get("/me/again/", headers=theirs)["HX-Refresh"] == "true"
