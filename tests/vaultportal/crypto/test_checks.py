"""System checks of the crypto app."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.admin import AdminSite, ModelAdmin, TabularInline
from django.contrib.admin.sites import all_sites
from django.core.checks import CheckMessage, Tags, registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from pytest_django import Settings

from tests.vaultportal.crypto.conftest import start_over
from tests.vaultportal.crypto.samples import Credential
from vaultportal.crypto import checks
from vaultportal.crypto.providers.keyfile import FILE_NAME


@pytest.mark.parametrize(
    "options",
    [
        {"fields": ["name", "secret"]},
        {"fields": [("name", "secret")]},
        {"fieldsets": [("Values", {"fields": ["name", ("note",)]})]},
        {"readonly_fields": ["config"]},
        {"list_display": ["name", "secret"]},
        {"list_filter": [("secret", "EmptyFieldListFilter")]},
        {"search_fields": ["=secret"]},
        {"ordering": ["-note"]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_admin_that_shows_a_vault_field_fails(options: dict[str, object]) -> None:
    showing = type("ShowingAdmin", (ModelAdmin,), options)

    found = complaints_of(showing, about=showing)

    assert [error.id for error in found] == ["crypto.E003"]
    assert "ShowingAdmin shows the vault field crypto_samples.Credential" in found[0].msg


def test_an_inline_that_shows_a_vault_field_fails() -> None:
    options = {"model": Credential, "fk_name": "none", "readonly_fields": ("secret",)}
    inline = type("ShowingInline", (TabularInline,), options)

    assert complaints_of(type("HoldingAdmin", (ModelAdmin,), {"inlines": (inline,)}), about=inline)


def test_an_admin_that_shows_none_passes() -> None:
    options = {"list_display": ("name",), "search_fields": ("name",), "fields": ("id", "name")}
    modest = type("ModestAdmin", (ModelAdmin,), options)

    assert complaints_of(modest, about=modest) == []


def complaints_of(admin: type, *, about: type) -> list[CheckMessage]:
    site = AdminSite(name="sample")
    site.register(Credential, admin)
    try:
        return [error for error in checks.no_admin_shows_vault_fields() if error.obj is about]
    finally:
        all_sites.discard(site)  # it would be checked by others until it is collected


def test_the_checks_are_registered() -> None:
    registered = registry.registry.registered_checks

    assert checks.root_key_opens in registered
    assert {Tags.database, Tags.security} <= set(checks.root_key_opens.tags)
    assert checks.no_admin_shows_vault_fields in registered


def test_the_right_key_passes_and_a_missing_one_fails(keys: Path) -> None:
    assert checks.root_key_opens(databases=["default"]) == []
    (keys / FILE_NAME).unlink()
    start_over()

    found = checks.root_key_opens(databases=["default"])

    assert [error.id for error in found] == ["crypto.E010"]
    assert "is missing and the database holds sealed data" in found[0].msg
    assert checks.root_key_opens(databases=None) == []


def test_a_fresh_database_passes_and_gets_no_key(key_dir: Path) -> None:
    assert checks.root_key_opens(databases=["default"]) == []
    assert not key_dir.exists()


def test_an_unmigrated_database_passes(key_dir: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE crypto_root_key_version RENAME TO elsewhere")
    try:
        assert checks.root_key_opens(databases=["default"]) == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO crypto_root_key_version")


def test_the_check_command_refuses_a_missing_key(keys: Path) -> None:
    (keys / FILE_NAME).unlink()
    start_over()

    with pytest.raises(SystemCheckError, match="Put your copy of the file back"):
        call_command("check", tags=["database"], databases=["default"])


def test_keys_in_the_data_folder_are_warned_of(settings: Settings, tmp_path: Path) -> None:
    settings.PORTAL_DATA_DIR, settings.PORTAL_KEY_DIR = tmp_path, tmp_path / "keys"
    assert [warning.id for warning in checks.keys_lie_apart()] == ["crypto.W001"]

    settings.PORTAL_DATA_DIR = tmp_path / "data"
    assert checks.keys_lie_apart() == []
