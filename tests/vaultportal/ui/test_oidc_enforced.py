"""People sign in at the provider only: whom a password opens what, and the way back."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from allauth.socialaccount.models import SocialAccount
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import last, who
from tests.vaultportal.ui.oidc_only import (
    NAME,
    PASSWORD,
    TAB,
    administrator,
    connected,
    enforce,
    is_set,
    with_factor,
)
from tests.vaultportal.ui.oidc_provider import Issuer, go
from vaultportal.directory import options, signin
from vaultportal.directory.origin import Origin
from vaultportal.errors import Unauthenticated
from vaultportal.identity.models import Session, User
from vaultportal.ui import attention

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_settings")]

LOGIN, METHODS = "/accounts/login/", "/accounts/2fa/"
WRONG = "The name or the password is not right."
PART = {"HX-Request": "true"}


@pytest.fixture
def person(issuer: Issuer, sub: str) -> User:
    """Somebody with a password and an identity."""
    return connected(factories.make_person(password=PASSWORD), issuer, sub)


@pytest.fixture
def newcomer(issuer: Issuer) -> User:
    """Somebody with a password who has connected no identity."""
    return factories.make_person(password=PASSWORD)


def try_password(name: str, password: str = PASSWORD, client: Client | None = None) -> Any:
    return (client or Client()).post(LOGIN, {"login": name, "password": password})


def plain(answer: Any) -> str:
    """The page without what differs from one to the next: tokens, and the name that was typed."""
    text = re.sub(r'(nonce|name="csrfmiddlewaretoken" value)="[^"]*"', "", answer.content.decode())
    text = re.sub(r'name="login" value="[^"]*"', "", text)
    return re.sub(r"csrf[^>]*", "", text, flags=re.IGNORECASE)


# -- the page -------------------------------------------------------------------------------------


def test_the_password_is_folded_away(issuer: Issuer) -> None:
    assert "<details" not in Client().get(LOGIN).content.decode()

    enforce()
    page = Client().get(LOGIN).content.decode()

    assert page.index("Continue with Acme") < page.index("<summary>Use a password")
    assert page.index("<summary>Use a password") < page.index('name="password"')
    assert "open><summary>Use a password" in try_password("nobody").content.decode()


def test_so_it_is_where_a_session_is_over(issuer: Issuer) -> None:
    administrator()  # or the portal would have to be set up first
    before = Client().get("/me/", headers=PART).content.decode()
    assert before.index('name="password"') < before.index("Continue with Acme")

    enforce()
    dialog = Client().get("/me/", headers=PART).content.decode()

    assert dialog.index("Continue with Acme") < dialog.index("<summary>Use a password")
    assert dialog.index("<summary>Use a password") < dialog.index('name="password"')
    typed = {"login": "nobody", "password": PASSWORD, "person": "1"}
    wrong = Client().post("/me/again/", typed, headers=PART).content.decode()
    assert "open><summary>Use a password" in wrong


# -- who has an identity --------------------------------------------------------------------------


def test_a_password_is_refused_as_a_wrong_one_is(
    person: User, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = connected(factories.make_person(password=PASSWORD), issuer, factories.unique("sub"))
    enforce()
    monkeypatch.setattr(options, "MAX_AGE", 3600.0)
    client = Client()
    client.get(LOGIN)

    with CaptureQueriesContext(connection) as right:
        refused = try_password(person.username, client=client)
    with CaptureQueriesContext(connection) as wrong:
        mistyped = try_password(other.username, "wrong-horse-battery-9")
    with CaptureQueriesContext(connection) as unknown:
        nobody = try_password(factories.unique("nobody"))

    assert who(client) is None
    assert refused.status_code == mistyped.status_code == nobody.status_code
    assert WRONG in refused.content.decode()
    assert plain(refused) == plain(mistyped) == plain(nobody)
    kinds = [[each["sql"].split()[0] for each in made] for made in (right, wrong, unknown)]
    assert kinds[0] == kinds[1] == kinds[2]
    assert last("user.sign_in").outcome == "refused"


def test_an_address_is_refused_as_a_name_is(issuer: Issuer, sub: str) -> None:
    address = f"{sub}@example.com"
    connected(factories.make_person(password=PASSWORD, email=address), issuer, sub)
    enforce()
    client = Client()

    assert WRONG in try_password(address.upper(), client=client).content.decode()
    assert who(client) is None


def test_the_identity_opens_and_open_sessions_go_on(person: User, sub: str) -> None:
    before = sign_in(person)
    enforce()
    client = Client()

    assert go(client, sub).status_code == 302

    assert who(client) == str(person.pk)
    assert client.get("/me/").status_code == 200
    assert before.get("/me/").status_code == 200


def test_a_session_that_ended_is_not_begun_anew_by_a_password(person: User) -> None:
    enforce()
    sent = {"login": person.username, "password": PASSWORD, "person": str(person.number)}

    assert Client().post("/me/again/", sent, headers=PART).status_code == 422


def test_a_password_is_no_fresh_proof(person: User, sub: str) -> None:
    client = sign_in(person, proved=False)
    enforce()

    page = client.get("/me/prove/?next=/me/keys/new/").content.decode()
    typed = client.post("/me/prove/", {"proof": PASSWORD}, headers=PART)
    early = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert "Continue with Acme" in page
    assert (typed.status_code, early.status_code) == (422, 403)
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith("/me/prove/")

    assert go(client, sub, "prove", "/me/keys/new/")["Location"] == "/me/keys/new/"
    assert client.post("/me/prove/", headers=PART).status_code == 204


def test_a_factor_stays_a_fresh_proof(person: User) -> None:
    with_factor(person)
    client = sign_in(person, proved=False)
    enforce()

    assert client.get("/me/prove/")["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert WRONG in try_password(person.username).content.decode()


def test_the_last_identity_stays(person: User) -> None:
    row = SocialAccount.objects.get(user=person)
    client = sign_in(person)
    enforce()

    answer = client.post(f"/me/identities/{row.pk}/", follow=True)

    assert "This is your last way in." in answer.content.decode()
    assert SocialAccount.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("has_identity", [True, False])
def test_programs_do_not_sign_in_with_a_persons_password(
    issuer: Issuer, sub: str, *, has_identity: bool
) -> None:
    person = factories.make_person(password=PASSWORD)
    if has_identity:
        connected(person, issuer, sub)
    origin = Origin("127.0.0.1")
    assert signin.check_password(person.username, PASSWORD, origin, door="privx") == person

    enforce()

    with pytest.raises(Unauthenticated):
        signin.check_password(person.username, PASSWORD, origin, door="privx")


def test_keys_of_people_go_on(person: User) -> None:
    enforce()
    key, _row = factories.make_api_key(person)

    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 403  # known, and without the right


# -- who keeps the password -----------------------------------------------------------------------


def test_an_administrator_with_a_second_factor_keeps_the_password(issuer: Issuer, sub: str) -> None:
    boss = with_factor(connected(administrator(), issuer, sub))
    enforce()
    client = Client()

    answer = try_password(boss.username, client=client)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/authenticate/")
    assert who(client) is None


def test_an_administrator_without_one_does_not(issuer: Issuer, sub: str) -> None:
    boss = connected(administrator(), issuer, sub)
    enforce()

    assert WRONG in try_password(boss.username).content.decode()


def test_who_is_in_charge_no_more_does_not(issuer: Issuer, sub: str) -> None:
    boss = with_factor(connected(administrator(), issuer, sub))
    enforce()
    boss.groups.clear()

    assert WRONG in try_password(boss.username).content.decode()


# -- who has no identity yet ----------------------------------------------------------------------


def test_who_has_none_comes_in_to_connect_one_and_no_further(newcomer: User, sub: str) -> None:
    enforce()
    client = Client()
    assert try_password(newcomer.username, client=client).status_code == 302
    assert who(client) == str(newcomer.pk)

    for place in ("/", "/me/", "/me/keys/new/", "/secrets/personal/", "/docs/api/", "/admin/"):
        assert client.get(place)["Location"] == METHODS
    new = {"label": "x", "reach": "all", "ends": "never", "lifetime": "30"}
    assert client.post("/me/keys/new/", new)["Location"] == METHODS
    assert client.get("/me/", headers=PART)["HX-Redirect"] == METHODS
    assert client.get("/accounts/2fa/totp/activate/")["Location"] == METHODS
    assert "Connect your identity at the provider first." in client.get(METHODS).content.decode()

    assert go(client, sub, "connect", METHODS)["Location"] == METHODS

    assert client.get("/me/").status_code == 200
    assert WRONG in try_password(newcomer.username).content.decode()


def test_a_form_that_waited_for_the_sign_in_is_not_taken_either(newcomer: User) -> None:
    administrator()  # or the portal would have to be set up first
    client = Client()
    try_password(newcomer.username, client=client)
    client.get("/me/")
    Session.objects.filter(user=newcomer).delete()
    typed = {"full_name": "Somebody New", "theme": "auto", "density": "normal"}
    page = client.post("/me/", typed)
    assert page.status_code == 401
    sealed = re.findall(r'name="kept" value="([^"]+)"', page.content.decode())[0]
    enforce()

    answer = client.post("/me/", {"kept": sealed, "login": newcomer.username, "password": PASSWORD})

    assert answer["Location"] == METHODS
    newcomer.refresh_from_db()
    assert newcomer.full_name == ""


def test_an_identity_of_another_issuer_is_none(
    person: User, issuer: Issuer, settings: Settings
) -> None:
    """Nobody is shut out by a provider that took the place of another."""
    other = {"server_url": issuer.url, "issuer": "https://other.example"}
    settings.PORTAL_OIDC = [issuer.setting(settings=other)]
    enforce()
    client = Client()

    assert try_password(person.username, client=client).status_code == 302

    assert client.get("/me/")["Location"] == METHODS
    assert 'value="connect"' in client.get(METHODS).content.decode()


# -- passkeys -------------------------------------------------------------------------------------


@pytest.mark.parametrize("has_identity", [True, False])
def test_a_passkey_opens_what_a_password_does(
    issuer: Issuer, sub: str, monkeypatch: pytest.MonkeyPatch, *, has_identity: bool
) -> None:
    person = factories.make_person()
    if has_identity:
        connected(person, issuer, sub)
    row = Authenticator.objects.create(
        user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}
    )
    monkeypatch.setattr(auth, "parse_authentication_response", lambda response: response)
    monkeypatch.setattr(auth, "extract_user_from_response", lambda response: person)
    monkeypatch.setattr(auth, "complete_authentication", lambda user, response: row)
    enforce()
    client = Client()

    answer = client.post("/accounts/2fa/webauthn/login/", {"credential": '{"id": "key"}'})

    if has_identity:
        assert (answer["Location"], who(client)) == (LOGIN, None)
        assert "Passkeys do not open this account." in client.get(LOGIN).content.decode()
    else:
        assert who(client) == str(person.pk)
        assert client.get("/me/")["Location"] == METHODS


# -- not in force, and the way back ---------------------------------------------------------------


def needs(user: User) -> list[str]:
    return [need.text for need in attention.needs(factories.actor_of(user))]


def test_without_a_provider_it_is_not_in_force_and_somebody_is_told(
    person: User, settings: Settings
) -> None:
    enforce()
    settings.PORTAL_OIDC = []
    boss, client = administrator(), Client()

    assert try_password(person.username, client=client).status_code == 302

    assert who(client) == str(person.pk)
    assert client.get("/me/").status_code == 200
    assert "so it is not in force" in sign_in(boss).get(TAB).content.decode()
    told = "People are to sign in at the provider only, and none is configured."
    assert told in needs(boss)
    assert told not in needs(person)


def test_that_nobody_could_come_in_without_the_provider_is_told(issuer: Issuer, sub: str) -> None:
    Authenticator.objects.all().delete()
    boss = administrator()
    told = "Nobody could come in while the provider is down."
    assert told not in needs(boss)

    enforce()
    assert told in needs(boss)

    with_factor(boss)
    assert told not in needs(boss)


def test_the_command_is_the_way_back(person: User) -> None:
    enforce()
    said = StringIO()

    call_command("setting", "list", stdout=said)
    call_command("setting", "reset", NAME, stdout=said)

    assert f"{NAME} = true" in said.getvalue()
    assert said.getvalue().endswith(f"{NAME} = false\n")
    assert not is_set()
    entry = last("setting.reset")
    assert (entry.actor_name, entry.target_id) == ("system", NAME)
    assert try_password(person.username).status_code == 302


def test_the_command_knows_no_other_settings() -> None:
    with pytest.raises(CommandError, match="not found"):
        call_command("setting", "reset", "no.such")
