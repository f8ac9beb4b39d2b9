"""Run-time settings: the environment, then the row, then the default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.factories import as_admin, as_member, as_stranger, make_role
from vaultportal.directory import options
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services.settings import change_setting, reset_setting
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_options() -> Iterator[None]:
    options.forget()
    yield
    options.forget()


def test_without_a_row_the_default_is_in_force() -> None:
    assert options.get(options.ADMIN_MAY_READ_DATA) is False
    assert options.get(options.CORS_ORIGINS) == ()


def test_a_stored_value_is_in_force_at_once_until_it_is_reset() -> None:
    change_setting(as_admin(), "api.cors_origins", ["https://a.example"])
    assert options.get(options.CORS_ORIGINS) == ("https://a.example",)

    reset_setting(as_admin(), "api.cors_origins")
    assert options.get(options.CORS_ORIGINS) == ()


def test_the_environment_overrules(monkeypatch: pytest.MonkeyPatch) -> None:
    change_setting(as_admin(), "api.cors_origins", ["https://a.example"])
    monkeypatch.setenv("PVAULT_SERVICE_ALLOW_ORIGINS", "https://b.example, https://c.example")

    assert options.get(options.CORS_ORIGINS) == ("https://b.example", "https://c.example")
    with pytest.raises(Conflict):
        change_setting(as_admin(), "api.cors_origins", [])


def test_a_wrong_word_in_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_LOGIN_THROTTLE", "perhaps")

    with pytest.raises(ImproperlyConfigured):
        options.get(options.LOGIN_THROTTLE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("login.throttle", "yes"),
        ("login.throttle", 1),
        ("api.cors_origins", "https://a.example"),
        ("api.cors_origins", [1]),
        ("api.cors_origins", None),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Invalid):
        change_setting(as_admin(), name, value)

    assert not Setting.objects.exists()


def test_an_unknown_setting_is_none() -> None:
    with pytest.raises(NotFound):
        change_setting(as_admin(), "no.such", value=True)


def test_who_may_change_settings() -> None:
    viewer = as_member(make_role(permissions=[SettingPermission.VIEW]))

    for actor in (viewer, as_stranger()):
        with pytest.raises(Forbidden):
            change_setting(actor, "login.throttle", value=False)


def test_reading_costs_one_statement_a_second(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        for _ in range(10):
            options.get(options.EGRESS_HTTP)
