"""Signing in at a provider of OpenID Connect, against a real one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.db import connection
from django.test import Client
from pytest_django import Settings

from tests.factories import as_admin, make_person, unique
from tests.vaultportal.ui import oidc_provider
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_provider import START, Issuer, go, leave, sign_in_there
from tests.vaultportal.ui.test_oidc_tokens import KEYS as OTHER_KEYS
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.services import identities
from vaultportal.identity.models import ApiKey, User
from vaultportal.ui.oidc import published, tokens

pytestmark = pytest.mark.django_db

CALLBACK = f"{START}callback/"


@pytest.fixture(scope="session")
def provider() -> Iterator[Issuer]:
    with oidc_provider.running() as issuer:
        yield issuer


@pytest.fixture
def issuer(provider: Issuer, settings: Settings) -> Issuer:
    """The provider, and a portal that knows it."""
    published.forget()
    settings.PORTAL_OIDC = [provider.setting()]
    return provider


@pytest.fixture
def sub(issuer: Issuer) -> str:
    """Somebody there."""
    sub = unique("sub")
    issuer.knows(sub, preferred_username=sub, name="Somebody There")
    return sub


def linked(issuer: Issuer, sub: str, **person: Any) -> User:
    """An account that the identity opens."""
    user = make_person(**person)
    SocialAccount.objects.create(
        user=user,
        provider=oidc_provider.SLUG,
        uid=tokens.uid_of(issuer.url, sub),
        extra_data={"name": sub},
    )
    return user


def who(client: Client) -> str | None:
    """The id of who is signed in."""
    return client.session.get("_auth_user_id")


def last(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).order_by("-at", "-seq")[0]


# -- in -----------------------------------------------------------------------------------------


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


# -- not in -------------------------------------------------------------------------------------


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


# -- newcomers ----------------------------------------------------------------------------------


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


# -- one's own identities -----------------------------------------------------------------------


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


# -- a fresh proof ------------------------------------------------------------------------------


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


def test_the_provider_is_there(issuer: Issuer) -> None:
    """What the other tests lean on: it signs what it says, with keys that anybody may read."""
    known = httpx.get(f"{issuer.url}/.well-known/openid-configuration").json()

    assert known["issuer"] == issuer.url
    assert httpx.get(known["jwks_uri"]).json()["keys"]
