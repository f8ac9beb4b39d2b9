"""The admin pages of S3 vaults: every table, sound, and no login or key on any of them."""

from __future__ import annotations

from django.contrib import admin
from django.core import checks

from s3vault_app.admin import MachineAdmin, MachineForm, PlanForm
from s3vault_app.models import Machine
from vaultportal.console.base import shown_fields
from vaultportal.crypto.fields import vault_fields


def test_every_table_has_a_page_that_django_finds_sound() -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "s3vault_app"]

    assert len(models) == 18
    assert not [each for each in checks.run_checks(tags=["admin"]) if each.is_serious()]


def test_no_page_shows_what_is_sealed() -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "s3vault_app"]
    sealed = {(model, each.name) for model in models for each in vault_fields(model)}
    shown = {(model, name) for model in models for name in shown_fields(model)}

    assert len(sealed) == 7
    assert sealed & shown == set()
    assert isinstance(admin.site._registry[Machine], MachineAdmin)
    for form in (PlanForm, MachineForm):
        assert not {"password", "private_key", "credentials"} & set(form.base_fields)
