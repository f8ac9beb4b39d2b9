"""A browser in which nothing works but connecting an identity: what it gets, and how it ends."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import last, who
from tests.vaultportal.ui.oidc_only import PASSWORD, administrator, connected, enforce
from tests.vaultportal.ui.oidc_provider import Issuer, go
from vaultportal.identity.models import User
from vaultportal.ops.permissions import OpsPermission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_settings")]

LOGIN, METHODS = "/accounts/login/", "/accounts/2fa/"
PART = {"HX-Request": "true"}


@pytest.fixture
def newcomer(issuer: Issuer) -> User:
    """Somebody with a password who has connected no identity."""
    return factories.make_person(password=PASSWORD)


@pytest.fixture
def confined(newcomer: User) -> Client:
    """The browser in which they have signed in with it."""
    enforce()
    client = Client()
    client.post(LOGIN, {"login": newcomer.username, "password": PASSWORD})
    assert who(client) == str(newcomer.pk)
    return client


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_offers_the_provider_and_the_way_out_alone(confined: Client) -> None:
    page = text_of(confined.get(METHODS))

    assert 'name="purpose" value="connect"' in page
    assert 'action="/accounts/logout/"' in page
    for dead_end in ("hx-get", "hx-post", "/me/password/", "webauthn/add", "/palette/", "vp-rail"):
        assert dead_end not in page


def test_a_part_that_asks_for_itself_leads_nowhere(confined: Client) -> None:
    """Else the page that it stands on would be loaded anew by it, without end."""
    for place in ("/palette/jobs/", "/secrets/personal/"):
        answer = confined.get(place, headers={**PART, "X-Live": "1"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert not answer.has_header("HX-Redirect")

    assert confined.get("/secrets/personal/", headers=PART)["HX-Redirect"] == METHODS


def test_an_identity_that_another_browser_has_connected_opens_this_one(
    confined: Client, newcomer: User, issuer: Issuer, sub: str
) -> None:
    connected(newcomer, issuer, sub)
    assert confined.get("/me/")["Location"] == METHODS
    assert 'name="purpose" value="connect"' in text_of(confined.get(METHODS))

    assert go(confined, sub, "connect", METHODS)["Location"] == METHODS

    assert confined.get("/me/").status_code == 200


def test_somebody_elses_identity_opens_nothing(confined: Client, issuer: Issuer, sub: str) -> None:
    connected(factories.make_person(), issuer, sub)

    assert go(confined, sub, "connect", METHODS).status_code == 409

    assert confined.get("/me/")["Location"] == METHODS


def test_who_is_in_charge_no_more_when_the_code_comes_gets_no_further(
    issuer: Issuer, sub: str
) -> None:
    """The password was asked about while it still opened everything."""
    boss = connected(administrator(), issuer, sub)
    secret = pyotp.random_base32()
    TOTP.activate(boss, secret)
    enforce()
    client = Client()
    client.post(LOGIN, {"login": boss.username, "password": PASSWORD})
    boss.groups.clear()

    client.post("/accounts/2fa/authenticate/", {"code": pyotp.TOTP(secret).now()})

    assert who(client) == str(boss.pk)
    assert client.get("/me/")["Location"] == METHODS
    assert go(client, sub, "connect", METHODS)["Location"] == METHODS
    assert client.get("/me/").status_code == 200


def test_the_trail_tells_how_far_a_sign_in_reached(
    confined: Client, newcomer: User, sub: str
) -> None:
    assert last("user.sign_in").document["detail"]["reach"] == "connect"

    go(confined, sub, "connect", METHODS)
    go(Client(), sub)

    entry = last("user.sign_in")
    assert entry.actor_name == newcomer.username
    assert "reach" not in entry.document["detail"]


def test_the_metrics_are_closed_as_well(confined: Client, newcomer: User, sub: str) -> None:
    factories.make_role(permissions=[OpsPermission.METRICS], members=[newcomer])
    assert confined.get("/metrics").status_code == 403

    go(confined, sub, "connect", METHODS)

    assert confined.get("/metrics").status_code == 200


# -- which identities count -----------------------------------------------------------------------


def test_an_identity_of_a_former_issuer_is_no_way_in(issuer: Issuer, sub: str) -> None:
    former = Issuer("https://former.example")
    person = connected(connected(factories.make_person(), former, sub), issuer, sub)
    client = sign_in(person)
    working = SocialAccount.objects.get(user=person, extra_data__issuer=issuer.url)
    old = SocialAccount.objects.get(user=person, extra_data__issuer=former.url)

    kept = client.post(f"/me/identities/{working.pk}/", follow=True)
    client.post(f"/me/identities/{old.pk}/")

    assert "This is your last way in" in text_of(kept)
    assert list(SocialAccount.objects.filter(user=person)) == [working]


def test_a_provider_that_could_only_say_no_is_not_offered_as_a_proof(issuer: Issuer) -> None:
    person = connected(factories.make_person(), Issuer("https://former.example"), "somebody")
    assert not Authenticator.objects.filter(user=person).exists()

    page = sign_in(person, proved=False).get("/me/prove/", headers=PART)

    assert "prove-acme" not in text_of(page)
