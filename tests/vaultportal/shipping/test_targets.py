"""What people may say of a target, who may, and what the trail keeps of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from tests import factories
from tests.vaultportal.shipping.receivers import LogServer
from vaultportal.audit.models import AuditEntry, LogTarget
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity.ids import uuid7
from vaultportal.ops import metrics
from vaultportal.shipping import selectors
from vaultportal.shipping.services import targets
from vaultportal.shipping.services.targets import TargetFields

pytestmark = pytest.mark.django_db

PUBLIC = "192.0.43.10:6514"
WEB = "https://192.0.43.10/in"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def fields(**given: Any) -> TargetFields:
    given = {"name": "logs", "kind": "syslog-tls", "address": PUBLIC} | given
    return TargetFields(**given)


@pytest.mark.parametrize(
    ("given", "place", "reason"),
    [
        ({"name": ""}, "name", ""),
        ({"name": "a\nb"}, "name", ""),
        ({"name": "n" * 101}, "name", ""),
        ({"kind": "udp"}, "kind", ""),
        ({"format": "cef"}, "format", ""),
        ({"address": ""}, "address", "outbound.url"),
        ({"address": "logs.example.com"}, "address", "outbound.url"),
        ({"address": "logs.example.com:0"}, "address", "outbound.url"),
        ({"address": "logs.example.com:99999"}, "address", "outbound.url"),
        ({"address": "me:pw@logs.example.com:6514"}, "address", "outbound.url"),
        ({"address": "logs.example.com:6514/path"}, "address", "outbound.url"),
        ({"address": "logs example.com:6514"}, "address", "outbound.url"),
        ({"address": "x" * 3000 + ":6514"}, "address", "outbound.url"),
        ({"address": "192.0.43.10:25"}, "address", "outbound.port"),
        ({"address": "127.0.0.1:6514"}, "address", "outbound.address"),
        ({"address": "[::1]:6514"}, "address", "outbound.address"),
        ({"address": "169.254.169.254:6514"}, "address", "outbound.address"),
        ({"kind": "syslog-tcp"}, "address", "outbound.plain"),
        ({"kind": "https"}, "address", "outbound.scheme"),
        ({"kind": "https", "address": "http://192.0.43.10/"}, "address", "outbound.http"),
        ({"kind": "https", "address": "https://10.0.0.1/"}, "address", "outbound.address"),
        ({"ca": "no certificate"}, "ca", ""),
        ({"ca": "-----BEGIN PRIVATE KEY-----"}, "ca", ""),
        ({"ca": "a\x00b"}, "ca", ""),
        ({"ca": "Zoë"}, "ca", ""),
        ({"ca": f"{BEGIN}Zoë{END}"}, "ca", ""),
        ({"ca": f"{BEGIN}{END}"}, "ca", ""),
        ({"ca": "z" * 70_000}, "ca", ""),
        ({"kind": "https", "address": WEB, "ca": "x"}, "ca", ""),
        ({"credential": "token"}, "credential", ""),
        ({"kind": "https", "address": WEB, "credential": "a b"}, "credential", ""),
        ({"kind": "https", "address": WEB, "credential": "t" * 5000}, "credential", ""),
    ],
)
def test_what_cannot_be_used_is_refused(given: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        targets.create_target(factories.as_admin(), fields(**given))

    assert [fault.property for fault in refusal.value.faults] == [place]
    assert refusal.value.reason == reason
    assert not LogTarget.objects.exists()
    assert given.get("credential", "\x00") not in str(refusal.value)


def test_the_ports_of_syslog_are_open_and_own_networks_when_allowed(
    settings: LazySettings,
) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = ["10.1.0.0/16"]

    for port in (514, 601, 6514):
        targets.create_target(
            factories.as_admin(), fields(name=f"on {port}", address=f"10.1.2.3:{port}")
        )

    assert LogTarget.objects.count() == 3


def test_names_are_taken_once_and_targets_are_few() -> None:
    admin = factories.as_admin()
    targets.create_target(admin, fields(name="Logs"))
    with pytest.raises(Invalid) as taken:
        targets.create_target(admin, fields(name="logs"))
    for number in range(targets.MOST - 1):
        targets.create_target(admin, fields(name=f"number {number}"))
    with pytest.raises(Conflict):
        targets.create_target(admin, fields(name="one too many"))

    assert taken.value.faults[0].code == "duplicate"


def test_nobody_else_sees_makes_changes_tries_or_deletes() -> None:
    row = targets.create_target(factories.as_admin(), fields())
    other = factories.actor_of(factories.make_person())

    for refused in (
        lambda: targets.create_target(other, fields(name="mine")),
        lambda: targets.change_target(other, row.pk, fields(name="mine")),
        lambda: targets.switch_target(other, row.pk, on=False),
        lambda: targets.send_test(other, row.pk),
        lambda: targets.delete_target(other, row.pk),
        lambda: selectors.list_targets(other),
        lambda: selectors.get_target(other, row.pk),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert selectors.failing(other) == []
    assert LogTarget.objects.filter(name="logs", is_enabled=True).exists()


def test_there_may_be_none_of_this_id() -> None:
    admin, none = factories.as_admin(), uuid7()

    for refused in (
        lambda: targets.change_target(admin, none, fields()),
        lambda: targets.switch_target(admin, none, on=False),
        lambda: targets.send_test(admin, none),
        lambda: targets.delete_target(admin, none),
        lambda: selectors.get_target(admin, none),
    ):
        with pytest.raises(NotFound):
            refused()


def test_a_token_stays_with_the_address_that_it_was_given_for() -> None:
    admin = factories.as_admin()
    web = fields(kind="https", address=WEB, credential="token-1")
    row = targets.create_target(admin, web)
    elsewhere = fields(kind="https", address="https://192.0.43.11/in")

    with pytest.raises(Invalid) as refusal:
        targets.change_target(admin, row.pk, elsewhere)
    row.refresh_from_db()
    assert (row.address, row.credential) == (WEB, "token-1")
    assert refusal.value.faults[0].property == "credential"

    renamed = fields(kind="https", address=WEB, name="renamed")
    assert targets.change_target(admin, row.pk, renamed) == ["name"]
    assert targets.change_target(admin, row.pk, renamed) == []
    assert LogTarget.objects.get(pk=row.pk).credential == "token-1"
    assert targets.change_target(admin, row.pk, fields()) == [
        "name", "kind", "address", "credential",
    ]  # fmt: skip
    assert LogTarget.objects.get(pk=row.pk).credential is None


def test_each_change_is_in_the_trail_without_the_token() -> None:
    admin = factories.as_admin()
    row = targets.create_target(admin, fields(kind="https", address=WEB, credential="token-1"))
    targets.change_target(
        admin, row.pk, fields(kind="https", address=WEB, name="new", credential="token-2")
    )
    targets.switch_target(admin, row.pk, on=False)
    targets.switch_target(admin, row.pk, on=False)
    targets.switch_target(admin, row.pk, on=True)
    targets.delete_target(admin, row.pk)

    kept = AuditEntry.objects.filter(target_id=str(row.pk)).order_by("id")
    assert [entry.action.partition(".")[2] for entry in kept] == [
        "create", "change", "disable", "enable", "delete",
    ]  # fmt: skip
    assert kept[1].document["detail"] == {"changed": ["name", "credential"]}
    assert not [entry for entry in kept if b"token-" in bytes(entry.body)]


@pytest.mark.usefixtures("open_rules")
def test_a_test_line_says_how_it_went() -> None:
    admin = factories.as_admin()
    with LogServer().running() as server:
        row = targets.create_target(admin, fields(kind="syslog-tcp", address=server.address))
        assert targets.send_test(admin, row.pk) == targets.Tried()
        assert b" - test - " in server.messages[0]
    assert targets.send_test(admin, row.pk).code == "outbound.connect"

    tests = AuditEntry.objects.filter(action="log_target.test").order_by("id")
    assert [entry.outcome for entry in tests] == ["success", "failure"]


def test_what_fails_for_long_is_told_and_what_waits_is_counted() -> None:
    admin = factories.as_admin()
    row = targets.create_target(admin, fields())
    waiting = selectors.get_target(admin, row.pk)
    assert (waiting.state, waiting.behind) == ("behind", AuditEntry.objects.count())
    assert f'vaultportal_log_shipping_behind{{target="logs"}} {waiting.behind}.0' in (
        metrics.render().decode()
    )

    for minutes, found in ((14, []), (16, [row])):
        since = timezone.now() - timedelta(minutes=minutes)
        LogTarget.objects.update(failing_since=since, error="outbound.time")
        assert selectors.failing(admin) == found
    assert selectors.get_target(admin, row.pk).state == "failing"
    targets.switch_target(admin, row.pk, on=False)
    assert selectors.failing(admin) == []
    assert selectors.get_target(admin, row.pk).state == "off"
