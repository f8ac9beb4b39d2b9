"""Signing in at a provider of OpenID Connect, against a real one."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialToken
from django.test import Client
from pytest_django import Settings

from tests.factories import unique
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import CALLBACK, last, linked, who
from tests.vaultportal.ui.oidc_provider import START, Issuer, go, leave
from vaultportal.identity.models import ApiKey

pytestmark = pytest.mark.django_db


def test_the_sign_in_page_offers_what_is_set_up(issuer: Issuer, settings: Settings) -> None:
    assert "Continue with Acme" in Client().get("/accounts/login/").content.decode()

    settings.PORTAL_OIDC = []

    assert "Continue with" not in Client().get("/accounts/login/").content.decode()


def test_a_connected_person_comes_in_where_they_wanted_to_go(issuer: Issuer, sub: str) -> None:
    person, client = linked(issuer, sub), Client()

    answer = go(client, sub, next_url="/me/sessions/?a=b")

    assert (answer.status_code, answer["Location"]) == (302, "/me/sessions/?a=b")
    assert who(client) == str(person.pk)
    entry = last("user.sign_in")
    assert entry.document["detail"] == {"door": "browser", "provider": "acme"}
    assert (entry.target_id, entry.outcome) == (str(person.pk), "success")
    assert not SocialToken.objects.exists()


@pytest.mark.parametrize(
    "evil", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(issuer: Issuer, sub: str, evil: str) -> None:
    linked(issuer, sub)

    assert go(Client(), sub, next_url=evil)["Location"] == "/"


def test_the_sign_in_page_leads_to_the_overview_by_itself(issuer: Issuer, sub: str) -> None:
    linked(issuer, sub)
    client = Client()
    page = client.get("/accounts/login/").content.decode()
    (shown,) = re.findall(r'value="sign-in"><input type="hidden" name="next" value="(.*?)"', page)

    assert shown == ""
    assert go(client, sub, next_url=shown)["Location"] == "/"
    assert go(Client(), sub, next_url="None")["Location"] == "/"


def test_what_the_provider_is_asked_ties_the_answer_to_this_browser(issuer: Issuer) -> None:
    asked = parse_qs(urlsplit(leave(Client())).query)

    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["max_age"] == ["43200"]
    assert asked["redirect_uri"][0].endswith(CALLBACK)
    assert all(len(asked[name][0]) >= 16 for name in ("state", "nonce", "code_challenge"))


def test_the_way_there_needs_our_own_form(issuer: Issuer) -> None:
    client = Client(enforce_csrf_checks=True)

    assert client.post(START, {"purpose": "sign-in"}).status_code == 403
    assert client.get(START).status_code == 405


def test_the_way_there_takes_no_orders_from_the_address(issuer: Issuer) -> None:
    orders = urlencode(
        {"auth_params": "redirect_uri=https://evil.example&prompt=none", "scope": "admin"}
    )
    answer = Client().post(f"{START}?{orders}", {"purpose": "sign-in"})

    asked = parse_qs(urlsplit(str(answer["Refresh"])).query)
    assert "prompt" not in asked
    assert asked["redirect_uri"][0].endswith(CALLBACK)
    assert "admin" not in asked["scope"][0]


def test_a_person_with_a_second_factor_is_asked_for_it(issuer: Issuer, sub: str) -> None:
    person, client = linked(issuer, sub), Client()
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})

    answer = go(client, sub)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/authenticate/")
    assert who(client) is None


def test_a_session_that_stands_is_no_second_factor(issuer: Issuer, sub: str) -> None:
    person = linked(issuer, sub)
    client = sign_in(person, proved=False)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})

    answer = go(client, sub)
    new = {"label": unique("key"), "reach": "all", "ends": "never", "lifetime": "30"}
    made = client.post("/me/keys/new/", new, headers={"HX-Request": "true"})

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/authenticate/")
    assert (who(client), made.status_code) == (None, 401)
    assert not ApiKey.objects.filter(user=person).exists()


def test_who_is_signed_in_may_sign_in_once_more(issuer: Issuer, sub: str) -> None:
    person = linked(issuer, sub)
    client = sign_in(person)

    assert go(client, sub, next_url="/me/")["Location"] == "/me/"
    assert who(client) == str(person.pk)


def test_the_provider_is_there(issuer: Issuer) -> None:
    """What the other tests lean on: it signs what it says, with keys that anybody may read."""
    known = httpx.get(f"{issuer.url}/.well-known/openid-configuration").json()

    assert known["issuer"] == issuer.url
    assert httpx.get(known["jwks_uri"]).json()["keys"]
