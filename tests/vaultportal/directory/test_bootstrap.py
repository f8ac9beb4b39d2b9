"""What ``bootstrap`` makes, tells, tells again, and refuses."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from tests.factories import actor_of, as_admin, make_api_key, unique
from vaultportal.directory import options, samples
from vaultportal.directory.bootstrap import bootstrap
from vaultportal.directory.models import KeptCredential, Setting
from vaultportal.directory.oauth import tokens
from vaultportal.directory.origin import Origin
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.directory.services import keys, passwords
from vaultportal.errors import Disabled, Invalid
from vaultportal.identity import access
from vaultportal.identity.models import ApiKey, User

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("bootstrap", "--json", *arguments, stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1
    found: dict[str, Any] = json.loads(lines[0])
    return found


def test_it_prints_one_object_with_what_each_kind_of_client_needs() -> None:
    told = printed("--email", "ada@example.org", "--name", "Ada")

    assert {wire: sorted(parts) for wire, parts in told.items()} == {
        "portal": ["email", "password", "url"],
        "piiano": ["api_key"],
        "privx": ["api_client_id", "api_client_secret", "oauth_client_id", "oauth_client_secret"],
        "sailpoint": ["client_id", "client_secret"],
        "commvault": ["password", "username"],
    }
    assert all(value for parts in told.values() for value in parts.values())
    assert told["portal"]["email"] == "ada@example.org"
    assert told["privx"]["oauth_client_id"] == "privx-external"


def test_it_tells_the_same_again() -> None:
    assert printed() == printed("--email", "other@example.org")


def test_what_it_tells_opens_the_portal() -> None:
    told = bootstrap()

    administrator = User.objects.get(username=told.commvault["username"])
    assert administrator.check_password(told.portal["password"] or "")
    assert access.holds(actor_of(administrator), RolePermission.CHANGE)
    form = {
        "grant_type": "client_credentials",
        "client_id": told.sailpoint["client_id"] or "",
        "client_secret": told.sailpoint["client_secret"] or "",
    }
    assert tokens.issue(form, Origin()).access_token
    machine = User.objects.get(pk=told.privx["api_client_id"] or "")
    assert access.holds(actor_of(machine), UserPermission.DELETE)


def test_a_changed_password_is_told_no_more() -> None:
    told = bootstrap()
    administrator = User.objects.get(username=told.commvault["username"])

    passwords.change_own_password(
        actor_of(administrator), old=told.portal["password"] or "", new="four quite long words"
    )

    again = bootstrap()
    assert again.portal["password"] is None
    assert again.commvault["password"] is None
    assert not KeptCredential.objects.filter(kind=KeptCredential.Kind.PASSWORD).exists()


def test_a_replaced_key_is_told_no_more() -> None:
    bootstrap()
    admin = User.objects.get(username="Admin")

    keys.replace_keys(as_admin(), admin.pk)

    assert bootstrap().piiano["api_key"] is None


def test_a_key_that_took_its_own_place_is_told_on() -> None:
    told = bootstrap().piiano["api_key"] or ""

    keys.replace_keys(as_admin(), User.objects.get(username="Admin").pk, key=told)

    assert bootstrap().piiano["api_key"] == told


def test_a_key_is_told_until_it_is_the_one_that_is_revoked() -> None:
    told = bootstrap().piiano["api_key"] or ""
    admin = User.objects.get(username="Admin")
    first = ApiKey.objects.get(user=admin)
    other = keys.issue_key(as_admin(), admin.pk, label="other")

    keys.revoke_key(as_admin(), other.id)
    assert bootstrap().piiano["api_key"] == told

    keys.revoke_key(as_admin(), first.pk)
    assert bootstrap().piiano["api_key"] is None


def test_a_key_of_the_environment_is_the_key_of_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PVAULT_SERVICE_ADMIN_API_KEY", "Own-Key-0f-This-Test")

    assert bootstrap().piiano["api_key"] == "Own-Key-0f-This-Test"
    assert bootstrap().piiano["api_key"] == "Own-Key-0f-This-Test"
    assert ApiKey.objects.filter(user__username="Admin").count() == 1


def test_trial_settings_are_stored_on_request() -> None:
    bootstrap()
    assert not Setting.objects.exists()

    bootstrap(dev=True)

    assert options.get(options.ADMIN_MAY_READ_DATA) is True
    assert options.get(options.EGRESS_NETWORKS) == ("127.0.0.0/8",)
    assert options.get(options.CORS_ORIGINS) == ("*",)
    assert options.get(options.EGRESS_HTTP) is True
    assert options.get(options.LOGIN_THROTTLE) is False


def test_trial_settings_are_refused_in_production(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(Disabled):
        bootstrap(dev=True)
    with pytest.raises(CommandError, match="production"):
        call_command("bootstrap", "--dev")

    assert not User.objects.filter(kind="person").exists()


def test_a_sample_credential_is_refused_in_production(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVAULT_SERVICE_ADMIN_API_KEY", "pvaultauth")
    assert samples.refuse_in_production() == []
    assert bootstrap().piiano["api_key"] == "pvaultauth"

    settings.IS_PRODUCTION = True
    assert [error.id for error in samples.refuse_in_production()] == ["directory.E001"]
    with pytest.raises(Invalid):
        keys.issue_key(as_admin(), User.objects.get(username="Admin").pk, key="pvaultauth")


def test_what_it_tells_lies_sealed_in_the_database() -> None:
    told = bootstrap()

    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM directory_keptcredential")
        rows = [bytes(value) for (value,) in cursor.fetchall()]
    password = told.portal["password"] or ""
    assert len(rows) == 2
    assert not any(password.encode() in row for row in rows)
    assert password not in repr(told)


def test_nothing_is_told_of_a_key_that_was_made_otherwise() -> None:
    admin = User.objects.get(username="Admin")
    make_api_key(admin, label=unique("key"))

    assert bootstrap().piiano["api_key"] is None


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_administrator() -> None:
    start = threading.Barrier(4)

    def attempt(_: int) -> dict[str, Any]:
        start.wait()
        try:
            return bootstrap().as_json()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(attempt, range(4)))

    assert told == [told[0]] * 4
    assert User.objects.filter(kind="person").count() == 1
