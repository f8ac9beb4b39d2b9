"""Signing in at a provider of OpenID Connect: what opens nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.factories import make_person
from tests.vaultportal.ui.oidc_kit import CALLBACK, last, linked, who
from tests.vaultportal.ui.oidc_provider import START, Issuer, go, leave, sign_in_there
from tests.vaultportal.ui.test_oidc_tokens import KEYS as OTHER_KEYS
from vaultportal.identity.models import User
from vaultportal.ui.oidc import published, tokens

pytestmark = pytest.mark.django_db


def test_an_identity_that_nobody_connected_opens_nothing(issuer: Issuer, sub: str) -> None:
    client, accounts = Client(), User.objects.count()

    answer = go(client, sub)

    assert answer.status_code == 409
    assert "No account is connected to this identity" in answer.content.decode()
    assert (who(client), User.objects.count()) == (None, accounts)
    entry = last("user.sign_in")
    assert entry.outcome == "refused"
    assert entry.document["detail"] == {"door": "browser", "provider": "acme", "why": "unknown"}


def test_an_address_is_no_proof(issuer: Issuer, sub: str) -> None:
    address = f"{sub}@example.com"
    make_person(email=address)
    issuer.knows(sub, email=address, email_verified=True)
    client = Client()

    assert go(client, sub).status_code == 409
    assert who(client) is None


def test_a_disabled_person_stays_out(issuer: Issuer, sub: str) -> None:
    person, client = linked(issuer, sub, is_active=False), Client()

    answer = go(client, sub)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/inactive/")
    assert who(client) is None
    entry = last("user.sign_in")
    assert (entry.outcome, entry.target_id) == ("refused", str(person.pk))


def test_an_answer_counts_once_and_in_one_browser(issuer: Issuer, sub: str) -> None:
    linked(issuer, sub)
    first = Client()
    back = sign_in_there(leave(first), sub)

    elsewhere = Client()
    assert elsewhere.get(back).status_code == 401
    assert who(elsewhere) is None
    assert first.get(back).status_code == 302
    assert first.get(back).status_code == 401


@pytest.mark.parametrize(
    "query", ["", "code=x", "state=x", "code=x&state=x", "error=access_denied", "code=x&state=%00"]
)
def test_what_nobody_asked_for_opens_nothing(issuer: Issuer, query: str) -> None:
    client = Client()

    assert client.get(f"{CALLBACK}?{query}").status_code in {400, 401}
    assert who(client) is None


def test_what_is_disconnected_meanwhile_stays_so(issuer: Issuer, sub: str) -> None:
    person, client = linked(issuer, sub), Client()
    back = sign_in_there(leave(client), sub)
    rows = SocialAccount.objects.filter(user=person)

    def quicker(execute: Any, sql: str, *rest: Any) -> Any:
        """Somebody disconnects it just before it would be written."""
        if sql.startswith(f'UPDATE "{SocialAccount._meta.db_table}"'):
            rows.delete()
        return execute(sql, *rest)

    with connection.execute_wrapper(quicker):
        answer = client.get(back)

    assert (answer.status_code, who(client)) == (409, None)
    assert not SocialAccount.objects.filter(uid=tokens.uid_of(issuer.url, sub)).exists()


@pytest.mark.parametrize(("pause", "status"), [(-1.0, 302), (600.0, 401)])
def test_a_new_key_of_the_provider_is_asked_for_now_and_then(
    issuer: Issuer, sub: str, monkeypatch: pytest.MonkeyPatch, pause: float, status: int
) -> None:
    linked(issuer, sub)
    place = f"{issuer.url}/.well-known/openid-configuration"
    published.read(f"keys {place} {issuer.url}", lambda: OTHER_KEYS)
    monkeypatch.setattr(published, "PAUSE", pause)

    assert go(Client(), sub).status_code == status


def test_a_code_of_another_attempt_is_refused(issuer: Issuer, sub: str) -> None:
    """A code that was stolen, or slipped under: the nonce and the verifier are of another."""
    linked(issuer, sub)
    stolen = parse_qs(urlsplit(sign_in_there(leave(Client()), sub)).query)["code"][0]
    client = Client()
    own = parse_qs(urlsplit(leave(client)).query)["state"][0]

    answer = client.get(f"{CALLBACK}?{urlencode({'code': stolen, 'state': own})}")

    assert answer.status_code == 401
    assert who(client) is None


def test_who_goes_back_there_is_told_that_nothing_happened(issuer: Issuer) -> None:
    client = Client()
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]

    answer = client.get(f"{CALLBACK}?{urlencode({'error': 'access_denied', 'state': state})}")

    assert answer.status_code == 200
    assert "Nothing happened" in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"settings": {"server_url": "{url}", "issuer": "https://other.example"}},
        {"settings": {"server_url": "{url}/nothing", "issuer": "{url}"}},
        {"settings": {"server_url": "http://127.0.0.1:1", "issuer": "http://127.0.0.1:1"}},
    ],
)
def test_a_provider_that_is_not_the_one_we_know_is_not_gone_to(
    issuer: Issuer, settings: Settings, wrong: dict[str, dict[str, str]]
) -> None:
    at = {name: value.format(url=issuer.url) for name, value in wrong["settings"].items()}
    settings.PORTAL_OIDC = [issuer.setting(settings=at)]

    answer = Client().post(START, {"purpose": "sign-in"})

    assert answer.status_code == 502
    assert "does not answer" in answer.content.decode()


def test_another_issuer_behind_the_same_name_opens_nothing(
    issuer: Issuer, settings: Settings, sub: str
) -> None:
    linked(Issuer("https://former.example"), sub)

    assert go(Client(), sub).status_code == 409


def test_a_provider_that_is_not_set_up_has_no_pages(issuer: Issuer) -> None:
    for path in ("/accounts/oidc/other/callback/", "/accounts/oidc/openid_connect/callback/"):
        assert Client().get(path).status_code == 404
    assert Client().post("/accounts/oidc/other/").status_code == 404
