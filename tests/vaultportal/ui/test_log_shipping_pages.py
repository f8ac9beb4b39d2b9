"""The tab of log shipping and the page of a target, in a browser without a network."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.vaultportal.shipping.receivers import LogServer
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import LogTarget
from vaultportal.directory.permissions import SettingPermission
from vaultportal.identity.models import User
from vaultportal.shipping.services import targets
from vaultportal.shipping.services.targets import TargetFields

pytestmark = pytest.mark.django_db

TAB = "/settings/?tab=log-shipping"
NEW = "/settings/log-shipping/new/"
TOKEN = "canary-77c1a0"
SENT = {
    "name": "Central logs",
    "kind": "https",
    "address": "https://192.0.43.10/in",
    "format": "json",
    "ca": "",
    "credential": TOKEN,
    "from_start": "on",
}


def place_of(target: LogTarget) -> str:
    return f"/settings/log-shipping/{target.pk}/"


def test_from_an_empty_tab_to_a_target_and_back(admin: Client) -> None:
    assert "No target yet" in admin.get(TAB).content.decode()
    assert admin.get(NEW).status_code == 200

    made = admin.post(NEW, SENT, follow=True)
    target = LogTarget.objects.get()
    tab = admin.get(TAB)

    assert made.redirect_chain[-1][0] == place_of(target)
    assert target.credential == TOKEN
    assert "behind" in tab.content.decode()
    for page in (made, tab):
        assert "Central logs" in page.content.decode()
        assert TOKEN not in page.content.decode()
    assert TOKEN not in admin.get(f"/admin/audit/logtarget/{target.pk}/change/").content.decode()

    again = admin.post(NEW, SENT | {"address": "https://10.0.0.1/"})
    assert again.status_code == 422
    assert "can be allowed in the settings" in again.content.decode()
    assert TOKEN not in again.content.decode()

    assert admin.get(place_of(target) + "delete/").status_code == 200
    assert admin.post(place_of(target) + "delete/", follow=True).status_code == 200
    assert not LogTarget.objects.exists()
    assert admin.get(place_of(target)).status_code == 404


def test_a_target_is_changed_switched_and_keeps_its_token(admin: Client) -> None:
    admin.post(NEW, SENT)
    target = LogTarget.objects.get()
    place, same = place_of(target), SENT | {"credential": "", "name": "Renamed"}

    assert admin.post(place, same).status_code == 302
    moved = admin.post(place, same | {"address": "https://192.0.43.11/in"})
    assert (moved.status_code, "needed anew" in moved.content.decode()) == (422, True)
    admin.post(place, {"do": "off"})
    target.refresh_from_db()
    assert (target.name, target.credential, target.is_enabled) == ("Renamed", TOKEN, False)
    admin.post(place, {"do": "on"})
    admin.post(place, same | {"without_credential": "on"})
    target.refresh_from_db()
    assert (target.credential, target.is_enabled) == (None, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 200},
        {"kind": "carrier pigeon"},
        {"kind": "syslog-tls", "address": "192.0.43.10:6514"},  # with a token
        {"kind": "syslog-tls", "address": "192.0.43.10:6514", "credential": "", "ca": "no"},
        {"ca": "for the other kind"},
        {"address": "javascript:alert(1)"},
    ],
)
def test_what_is_wrong_is_said_beside_its_field(admin: Client, wrong: dict[str, str]) -> None:
    answer = admin.post(NEW, SENT | wrong)

    assert answer.status_code == 422
    assert "vp-err" in answer.content.decode()
    assert TOKEN not in answer.content.decode()
    assert not LogTarget.objects.exists()


def test_a_test_line_is_answered_with_a_sentence(admin: Client, settings: LazySettings) -> None:
    settings.TRIGGERS_EGRESS_ALLOW, settings.TRIGGERS_ALLOW_HTTP = ["127.0.0.0/8"], True
    with LogServer().running() as server:
        plain = {"kind": "syslog-tcp", "address": server.address, "credential": ""}
        admin.post(NEW, SENT | plain)
        place = place_of(LogTarget.objects.get())
        read = admin.post(place, {"do": "test"}, follow=True).content.decode()
    gone = admin.post(place, {"do": "test"}, follow=True).content.decode()

    assert "The receiver read the test line to its end." in read
    assert "No connection to the receiver could be made." in gone


def test_others_are_refused_and_an_old_proof_is_asked_for_again(
    stranger: Client, administrator: User
) -> None:
    given = TargetFields("logs", "syslog-tls", "192.0.43.10:6514")
    target = targets.create_target(factories.as_admin(), given)
    place = place_of(target)
    late = sign_in(administrator, proved=False)

    for address in (TAB, NEW, place, place + "delete/"):
        assert stranger.get(address).status_code == 403
    for address, sent in ((NEW, SENT), (place, {"do": "off"}), (place + "delete/", {})):
        assert stranger.post(address, sent).status_code == 403
        assert late.post(address, sent).status_code in (302, 401)

    target.refresh_from_db()
    assert target.is_enabled
    assert LogTarget.objects.count() == 1


def test_who_may_only_look_gets_no_form() -> None:
    given = TargetFields("logs", "syslog-tls", "192.0.43.10:6514")
    target = targets.create_target(factories.as_admin(), given)
    role = factories.make_role(permissions=[SettingPermission.VIEW])
    looker = sign_in(factories.member_of(factories.make_person(), role))

    shown = looker.get(place_of(target))

    assert shown.status_code == 200
    assert 'name="credential"' not in shown.content.decode()
    assert "New target" not in looker.get(TAB).content.decode()
    assert looker.get(NEW).status_code == 403


def test_a_tab_of_many_asks_no_more_and_the_overview_tells_who_fails(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    admin.get(TAB)
    for number in range(8):
        given = TargetFields(f"logs {number}", "syslog-tls", "192.0.43.10:6514")
        targets.create_target(factories.as_admin(), given)
    LogTarget.objects.filter(name="logs 3").update(
        failing_since=timezone.now() - timedelta(minutes=20),
        error="outbound.time",
        error_at=timezone.now(),
    )

    with django_assert_max_num_queries(12):
        tab = admin.get(TAB).content.decode()

    assert "The receiver did not finish in time." in tab
    assert "The audit trail does not reach logs 3." in admin.get("/").content.decode()
