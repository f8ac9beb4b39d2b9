"""A second factor is demanded: who has none adds one before all else, and nobody is locked out."""

from __future__ import annotations

import json
import re
from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import last, who
from tests.vaultportal.ui.oidc_only import (
    PASSWORD,
    TAB,
    administrator,
    connected,
    enforce,
    with_factor,
)
from tests.vaultportal.ui.oidc_provider import Issuer, go
from vaultportal.directory import options
from vaultportal.directory.models import Setting
from vaultportal.identity.models import Role, Session, User
from vaultportal.ops.permissions import OpsPermission

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_settings")]

LOGIN, METHODS = "/accounts/login/", "/accounts/2fa/"
APP = "/accounts/2fa/totp/activate/"
NAME = "login.second_factor"
PART = {"HX-Request": "true"}
WHY = "All else opens as soon as you have it."


def demand(value: str = "everyone") -> None:
    Setting.objects.update_or_create(name=NAME, defaults={"value": value})
    options.forget()


def by_password(person: User) -> Client:
    client = Client()
    sent = {"login": person.username, "password": PASSWORD}
    assert client.post(LOGIN, sent).status_code == 302
    return client


def add_app(client: Client) -> Any:
    secret = re.findall(r'id="totp-key">([A-Z2-7]+)<', client.get(APP).content.decode())[0]
    return client.post(APP, {"code": pyotp.TOTP(secret).now()})


def said_at_sign_in() -> dict[str, Any]:
    detail: dict[str, Any] = json.loads(bytes(last("user.sign_in").body)).get("detail", {})
    return detail


@pytest.fixture
def person() -> User:
    return factories.make_person(username=factories.unique("person"), password=PASSWORD)


# -- confined, and out of it ----------------------------------------------------------------------


def test_who_has_none_is_led_to_adding_one_and_then_everything_opens(person: User) -> None:
    demand()
    client = by_password(person)
    assert who(client) == str(person.pk)
    assert said_at_sign_in().get("reach") == "second_factor"

    for place in ("/", "/me/", "/me/password/", "/secrets/personal/", "/docs/api/", "/admin/"):
        assert client.get(place)["Location"] == METHODS, place
    new = {"label": "x", "reach": "all", "ends": "never", "lifetime": "30"}
    assert client.post("/me/keys/new/", new)["Location"] == METHODS
    assert client.get("/me/", headers=PART)["HX-Redirect"] == METHODS
    page = client.get(METHODS).content.decode()
    assert WHY in page
    assert "/me/" not in page

    assert add_app(client)["Location"] == "/accounts/2fa/recovery-codes/"

    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert client.get("/me/").status_code == 200
    assert WHY not in client.get(METHODS).content.decode()


def test_a_part_that_asks_for_itself_is_told_nothing(person: User) -> None:
    """On the one page that works, a redirect would load that page again and again."""
    demand()
    client = by_password(person)

    answer = client.get("/palette/jobs/", headers={**PART, "X-Live": "1"})

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_session_that_stands_is_confined_at_its_next_request(person: User) -> None:
    client = by_password(person)
    assert client.get("/me/").status_code == 200
    demand()

    assert client.get("/me/")["Location"] == METHODS

    Setting.objects.all().delete()
    assert client.get("/me/").status_code == 200


def test_the_metrics_wait_as_well(person: User) -> None:
    factories.make_role(permissions=[OpsPermission.METRICS], members=[person])
    client = by_password(person)
    assert client.get("/metrics").status_code == 200
    demand()

    assert client.get("/metrics").status_code == 403
    add_app(client)
    assert client.get("/metrics").status_code == 200


def test_who_has_one_goes_on(person: User) -> None:
    demand()
    assert sign_in(with_factor(person)).get("/me/").status_code == 200


def test_a_factor_that_was_taken_off_is_added_anew(person: User) -> None:
    demand()
    client = sign_in(with_factor(person))
    Authenticator.objects.filter(user=person).delete()

    assert client.get("/me/")["Location"] == METHODS


def test_administrators_alone(person: User) -> None:
    demand("administrators")

    assert by_password(person).get("/me/").status_code == 200
    assert by_password(administrator()).get("/me/")["Location"] == METHODS


def test_the_people_of_a_role_alone(person: User) -> None:
    role = factories.make_role(name=factories.unique("payments"), needs_factor=True)
    client = by_password(person)
    assert client.get("/me/").status_code == 200
    factories.member_of(person, role)

    assert client.get("/me/")["Location"] == METHODS


def test_signing_out_works(person: User) -> None:
    demand()
    client = by_password(person)

    client.post("/accounts/logout/")

    assert who(client) is None


def test_a_form_that_waited_for_the_sign_in_is_not_taken(person: User) -> None:
    administrator()  # or the portal would have to be set up first
    client = by_password(person)
    client.get("/me/")
    Session.objects.filter(user=person).delete()
    typed = {"full_name": "Somebody New", "theme": "auto", "density": "normal"}
    page = client.post("/me/", typed)
    sealed = re.findall(r'name="kept" value="([^"]+)"', page.content.decode())[0]
    demand()

    answer = client.post("/me/", {"kept": sealed, "login": person.username, "password": PASSWORD})

    assert answer["Location"] == METHODS
    person.refresh_from_db()
    assert person.full_name == ""


def test_no_page_asks_the_database_once_more_for_it(person: User) -> None:
    client = sign_in(with_factor(person))
    client.get("/me/sessions/")
    with CaptureQueriesContext(connection) as before:
        assert client.get("/me/sessions/").status_code == 200
    demand()
    with CaptureQueriesContext(connection) as after:
        assert client.get("/me/sessions/").status_code == 200

    assert len(after) == len(before)


# -- providers ------------------------------------------------------------------------------------


def test_who_comes_by_a_provider_is_not_asked(person: User, issuer: Issuer, sub: str) -> None:
    connected(person, issuer, sub)
    demand()
    client = Client()
    go(client, sub)

    assert client.get("/me/").status_code == 200
    assert "reach" not in said_at_sign_in()
    assert by_password(person).get("/me/")["Location"] == METHODS


def test_a_password_alone_connects_no_identity(person: User, issuer: Issuer, sub: str) -> None:
    """It would be a way around the factor: come by one's own identity, and be asked for nothing."""
    demand()
    client = by_password(person)

    answer = client.post("/accounts/oidc/sso/", {"purpose": "connect", "next": METHODS})

    assert answer["Location"] == METHODS


def test_connecting_an_identity_comes_first(person: User, issuer: Issuer, sub: str) -> None:
    enforce()
    demand()
    client = by_password(person)
    assert said_at_sign_in().get("reach") == "connect"
    assert client.get(APP)["Location"] == METHODS
    assert "Connect your identity" in client.get(METHODS).content.decode()

    go(client, sub, "connect", METHODS)

    assert client.get("/me/").status_code == 200


# -- the last one stays ---------------------------------------------------------------------------


def test_the_last_app_stays_while_one_is_demanded(person: User) -> None:
    client = by_password(person)
    add_app(client)
    demand()

    refused = client.post("/accounts/2fa/totp/deactivate/")

    assert "this is your last. Add another one first." in refused.content.decode()
    assert client.get("/me/").status_code == 200
    demand("nobody")
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=person).exists()


def test_the_last_passkey_stays_while_one_is_demanded(person: User) -> None:
    client = sign_in(person)
    data = {"name": "Key", "credential": {}}
    kind = Authenticator.Type.WEBAUTHN
    first, second = (
        Authenticator.objects.create(user=person, type=kind, data=data) for _ in range(2)
    )
    demand()

    client.post(f"/accounts/2fa/webauthn/keys/{first.pk}/remove/")
    client.post(f"/accounts/2fa/webauthn/keys/{second.pk}/remove/")

    assert list(Authenticator.objects.filter(user=person)) == [second]


# -- settings and roles ---------------------------------------------------------------------------


def tab(**values: str) -> dict[str, str]:
    limits = {"session.minutes": "480", "session.idle_minutes": "60", "login.throttle": "on"}
    return {**limits, **values}


def test_an_administrator_without_one_does_not_demand_one() -> None:
    boss = administrator()
    client = sign_in(boss)

    refused = client.post(TAB, tab(**{NAME: "everyone"}))

    assert refused.status_code == 422
    assert "Add a second factor of your own before you demand one." in refused.content.decode()
    assert not Setting.objects.filter(name=NAME).exists()


def test_the_tab_says_how_many_are_concerned() -> None:
    boss = with_factor(administrator())
    client = sign_in(boss)
    factories.make_person()
    administrator()

    assert client.post(TAB, tab(**{NAME: "administrators"})).status_code == 302

    page = client.get(TAB)
    assert '<option value="administrators" selected>Administrators' in page.content.decode()
    factors = page.context["factors"]
    assert (factors.without, factors.administrators, factors.missing) == (2, 1, 1)
    assert "/access/people/?factor=without&amp;state=active" in page.content.decode()


def test_a_role_is_marked_on_its_page() -> None:
    role = factories.make_role(name=factories.unique("payments"))
    boss = administrator()
    client = sign_in(boss)
    form = {"name": role.name, "comment": "", "needs_factor": "on"}
    path = f"/access/roles/{role.uuid}/edit/"
    review = client.post(path, form)
    assert "Its people need a second factor" in review.content.decode()
    sure = {**form, "sure": "1", "stamp": role.updated_at.isoformat()}

    refused = client.post(path, sure)
    with_factor(boss)
    saved = client.post(path, sure)

    assert refused.status_code == 422
    assert "Add a second factor of your own" in refused.content.decode()
    assert saved.status_code == 302
    assert Role.objects.get(pk=role.pk).needs_factor
    shown = client.get(f"/access/roles/{role.uuid}/").content.decode()
    assert "Its people need a second factor" in shown
