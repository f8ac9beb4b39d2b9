"""The admin pages of secrets: metadata, a deletion by the service, and nothing sealed."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.core import checks

from secrets_app.admin import SealedAdmin, SecretAdmin
from secrets_app.models import OneTimeLink, Secret, SecretVersion


@pytest.mark.parametrize("model", [Secret, SecretVersion, OneTimeLink])
def test_nothing_sealed_is_shown(model: type[Secret | SecretVersion | OneTimeLink]) -> None:
    page = admin.site._registry[model]

    assert isinstance(page, SealedAdmin)
    hidden = {"sealed", "outline", "digest", "passphrase", "folded"}
    assert hidden.isdisjoint(page.shown())


def test_every_table_has_a_page_that_django_finds_sound() -> None:
    models = [model for model in admin.site._registry if model._meta.app_label == "secrets_app"]

    assert len(models) == 10
    assert isinstance(admin.site._registry[Secret], SecretAdmin)
    assert not [each for each in checks.run_checks(tags=["admin"]) if each.is_serious()]
