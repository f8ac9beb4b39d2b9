"""The admin shows metadata of collections and no value, and deletes through the service."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db.models import BinaryField
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from collections_app import models
from collections_app.admin import HIDDEN, WITHOUT_A_PAGE, ValuelessAdmin
from vaultportal.console.grants import GrantAdmin


@pytest.mark.parametrize("name", models.__all__)
def test_every_model_has_a_page_without_values(name: str) -> None:
    model = getattr(models, name)
    if model in WITHOUT_A_PAGE:
        assert model not in admin.site._registry
        return

    page = admin.site._registry[model]
    if issubclass(model, (UserObjectPermissionBase, GroupObjectPermissionBase)):
        assert isinstance(page, GrantAdmin)
        return

    assert isinstance(page, ValuelessAdmin)
    shown = page.shown()
    assert not HIDDEN.intersection(shown)
    assert not any(isinstance(model._meta.get_field(each), BinaryField) for each in shown)
