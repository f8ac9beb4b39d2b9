"""Switching on that people sign in at the provider only: after a test with one's own account."""

from __future__ import annotations

import time
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from pytest_django import Settings

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from tests.vaultportal.ui.oidc_kit import CALLBACK, last
from tests.vaultportal.ui.oidc_only import (
    NAME,
    OFF,
    ON,
    TAB,
    administrator,
    connected,
    enforce,
    is_set,
    with_factor,
)
from tests.vaultportal.ui.oidc_provider import START, Issuer, go, leave, sign_in_there
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.services import provider_tests
from vaultportal.directory.services.settings import change_setting
from vaultportal.errors import Invalid
from vaultportal.identity import actor as actors
from vaultportal.identity.models import User
from vaultportal.ui.oidc import published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_settings")]

UNTESTED = "Test with your own account first"


@pytest.fixture
def boss(issuer: Issuer, sub: str) -> User:
    """Who may switch it on, once the test has passed."""
    return with_factor(connected(administrator(), issuer, sub))


@pytest.fixture
def browser(boss: User) -> Client:
    return sign_in(boss)


def outcomes_of(user: User) -> list[tuple[str, str]]:
    """Outcome and reason of each test, the oldest first."""
    rows = AuditEntry.objects.filter(action=provider_tests.ACTION, actor_id=user.pk)
    return [(row.outcome, row.document["detail"]["why"]) for row in rows.order_by("id")]


def assert_refused(browser: Client, sentence: str) -> None:
    answer = browser.post(ON)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not is_set()


def test_it_is_tested_switched_on_and_switched_off(browser: Client, boss: User, sub: str) -> None:
    asked = parse_qs(urlsplit(leave(browser, "test")).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])

    answer = go(browser, sub, "test", "/somewhere/else/")
    shown = browser.get(TAB).content.decode()

    assert (answer.status_code, answer["Location"]) == (302, f"{TAB}#test")
    for line in ("Passed", "yours", "a moment ago, and it says so", "not sent"):
        assert line in shown
    entry = last(provider_tests.ACTION)
    assert (entry.outcome, entry.target_kind, entry.target_id) == ("success", "provider", "acme")
    assert "without the provider" in browser.get(ON).content.decode()

    assert browser.post(ON)["Location"] == TAB
    assert is_set()
    entry = last("setting.change")
    assert (entry.actor_name, entry.target_id) == (boss.username, NAME)
    assert entry.document["detail"] == {"on": True}

    assert browser.get(OFF).status_code == 200
    assert browser.post(OFF)["Location"] == TAB
    assert not is_set()
    assert last("setting.reset").target_id == NAME


def test_a_test_opens_and_proves_nothing(boss: User, sub: str) -> None:
    browser = sign_in(boss, proved=False)

    assert go(browser, sub, "test").status_code == 302

    answer = browser.post(ON)
    assert answer.status_code in {302, 401}
    assert not is_set()


def test_without_a_test_it_stays_off(browser: Client, boss: User) -> None:
    assert_refused(browser, UNTESTED)
    for actor in (factories.actor_of(boss), actors.system()):
        with pytest.raises(Invalid, match="your own account"):
            change_setting(actor, NAME, value=True)
    assert not is_set()


def test_an_old_test_is_none(browser: Client, sub: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go(browser, sub, "test")
    monkeypatch.setattr(provider_tests, "LASTS", timedelta(0))

    assert_refused(browser, UNTESTED)


def test_somebody_elses_test_is_none(browser: Client, sub: str) -> None:
    go(browser, sub, "test")

    assert_refused(sign_in(with_factor(administrator())), UNTESTED)


def test_who_may_not_change_settings_tests_and_switches_nothing(issuer: Issuer, sub: str) -> None:
    person = connected(factories.make_person(), issuer, sub)
    stranger = sign_in(person)

    assert stranger.post(START, {"purpose": "test"}).status_code == 403
    assert stranger.get(ON).status_code == 403
    assert stranger.post(ON).status_code == 403
    assert stranger.post(OFF).status_code == 403
    assert Client().post(START, {"purpose": "test"})["Location"].startswith("/accounts/login/")
    assert outcomes_of(person) == []


def test_who_loses_the_right_on_the_way_has_tested_nothing(
    browser: Client, boss: User, sub: str
) -> None:
    back = sign_in_there(leave(browser, "test"), sub)
    boss.groups.clear()

    assert browser.get(back).status_code == 403
    assert outcomes_of(boss) == []


def test_an_identity_that_opens_no_account_fails(browser: Client, boss: User, sub: str) -> None:
    go(browser, factories.unique("unknown"), "test")

    assert outcomes_of(boss) == [("failure", "unknown")]
    assert "The identity opens no account here." in browser.get(TAB).content.decode()
    assert_refused(browser, UNTESTED)


def test_the_identity_of_somebody_else_fails(
    browser: Client, boss: User, issuer: Issuer, sub: str
) -> None:
    theirs = factories.unique("theirs")
    connected(factories.make_person(), issuer, theirs)
    go(browser, sub, "test")

    go(browser, theirs, "test")

    # The newest counts: what passed before is over.
    assert outcomes_of(boss) == [("success", ""), ("failure", "other")]
    assert "The identity opens the account of somebody else." in browser.get(TAB).content.decode()
    assert_refused(browser, UNTESTED)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://other.example"}, "issuer"),
        ({"aud": "other"}, "audience"),
        ({"exp": 1}, "clock"),
        ({"nonce": "other"}, "token"),
        ({"auth_time": None}, "undated"),
        ({"auth_time": time.time() - 3600}, "stale"),
    ],
)
def test_each_part_that_does_not_hold_is_named(
    browser: Client, boss: User, issuer: Issuer, sub: str, claims: dict[str, object], why: str
) -> None:
    issuer.knows(sub, preferred_username=sub, **claims)

    answer = go(browser, sub, "test")

    assert (answer.status_code, answer["Location"]) == (302, f"{TAB}#test")
    assert outcomes_of(boss) == [("failure", why)]
    assert "What to do" in browser.get(TAB).content.decode()
    assert_refused(browser, UNTESTED)


def test_a_code_of_another_attempt_fails(browser: Client, boss: User, sub: str) -> None:
    stolen = parse_qs(urlsplit(sign_in_there(leave(Client()), sub)).query)["code"][0]
    own = parse_qs(urlsplit(leave(browser, "test")).query)["state"][0]

    browser.get(f"{CALLBACK}?{urlencode({'code': stolen, 'state': own})}")

    assert outcomes_of(boss)[0][0] == "failure"
    assert_refused(browser, UNTESTED)


def test_an_answer_that_nobody_asked_for_is_no_test(browser: Client, boss: User, sub: str) -> None:
    back = sign_in_there(leave(browser, "test"), sub)
    other = with_factor(administrator())

    assert sign_in(other).get(back).status_code == 401  # the state is of another browser
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 401  # once is enough

    assert outcomes_of(other) == []
    assert outcomes_of(boss) == [("success", "")]


def test_who_goes_back_there_or_is_refused_has_not_passed(browser: Client, boss: User) -> None:
    for error in ("access_denied", "server_error"):
        state = parse_qs(urlsplit(leave(browser, "test")).query)["state"][0]
        browser.get(f"{CALLBACK}?{urlencode({'error': error, 'state': state})}")

    assert outcomes_of(boss) == [("failure", "cancelled"), ("failure", "refused")]


def test_a_provider_that_does_not_answer_has_not_passed(
    browser: Client, boss: User, issuer: Issuer, settings: Settings
) -> None:
    nowhere = {"server_url": "http://127.0.0.1:1", "issuer": "http://127.0.0.1:1"}
    settings.PORTAL_OIDC = [issuer.setting(settings=nowhere)]

    answer = browser.post(START, {"purpose": "test"})

    assert answer["Location"] == f"{TAB}#test"
    assert outcomes_of(boss) == [("failure", "unreachable")]
    assert "The provider gave no answer of use." in browser.get(TAB).content.decode()


def test_a_provider_that_falls_silent_on_the_way_back_has_not_passed(
    browser: Client, boss: User, issuer: Issuer, sub: str, settings: Settings
) -> None:
    """What passed before counts no more."""
    go(browser, sub, "test")
    back = sign_in_there(leave(browser, "test"), sub)
    nowhere = {"server_url": "http://127.0.0.1:1", "issuer": "http://127.0.0.1:1"}
    settings.PORTAL_OIDC = [issuer.setting(settings=nowhere)]
    published.forget()

    answer = browser.get(back)

    assert (answer.status_code, answer["Location"]) == (302, f"{TAB}#test")
    assert outcomes_of(boss) == [("success", ""), ("failure", "unreachable")]
    settings.PORTAL_OIDC = [issuer.setting()]
    assert_refused(browser, UNTESTED)
    assert browser.get(back).status_code == 401  # the state was used up


def test_a_test_of_another_issuer_is_none(
    browser: Client, issuer: Issuer, sub: str, settings: Settings
) -> None:
    go(browser, sub, "test")
    other = {"server_url": issuer.url, "issuer": "https://other.example"}
    settings.PORTAL_OIDC = [issuer.setting(settings=other)]
    published.forget()

    assert_refused(browser, UNTESTED)


def test_somebody_must_come_in_without_the_provider(issuer: Issuer, sub: str) -> None:
    Authenticator.objects.all().delete()
    browser = sign_in(connected(administrator(), issuer, sub))
    go(browser, sub, "test")

    assert_refused(browser, "Nobody could come in while the provider is down.")


def test_without_a_provider_it_stays_off(browser: Client, sub: str, settings: Settings) -> None:
    go(browser, sub, "test")
    settings.PORTAL_OIDC = []

    assert_refused(browser, "No provider of sign-ins is configured.")


def test_two_administrators_at_once(browser: Client, issuer: Issuer, sub: str) -> None:
    theirs = factories.unique("second")
    second = sign_in(with_factor(connected(administrator(), issuer, theirs)))
    go(browser, sub, "test")
    go(second, theirs, "test")

    assert browser.post(ON).status_code == 302
    assert second.post(ON).status_code == 302
    assert AuditEntry.objects.filter(action="setting.change", target_id=NAME).count() == 1
    assert second.post(OFF).status_code == 302
    assert browser.post(OFF).status_code == 302
    assert AuditEntry.objects.filter(action="setting.reset", target_id=NAME).count() == 1
    assert not is_set()


def test_saving_other_settings_leaves_it_on(browser: Client) -> None:
    enforce()
    sent = {"login.throttle": "on", "session.minutes": "240", "session.idle_minutes": "15"}

    assert browser.post(TAB, sent).status_code == 302

    assert is_set()


def test_there_is_nothing_else_to_switch(browser: Client) -> None:
    assert browser.get("/settings/sign-in/maybe/").status_code == 404
    assert browser.post("/settings/sign-in/maybe/").status_code == 404
