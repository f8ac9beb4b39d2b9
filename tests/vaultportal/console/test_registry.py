"""Every page of the console: a fixed number of queries, nothing sealed, no 500 for nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.db.models import BinaryField, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.vaultportal.console.rows import make
from vaultportal.console.base import MetadataAdmin, ServiceAdmin, VaultModelAdmin
from vaultportal.crypto.fields import VaultField

pytestmark = pytest.mark.django_db

# Why a model has no page.
WITHOUT_A_PAGE = {
    "auth.Group": "the half of a role that Django knows; the role has one",
    "guardian.UserObjectPermission": "never used: every app has tables of its own",
    "guardian.GroupObjectPermission": "never used: every app has tables of its own",
    "socialaccount.SocialApp": "never used: providers of sign-ins stand in the environment",
    "socialaccount.SocialToken": "never used: tokens of providers are not kept",
    "ops.Metrics": "a right without a table",
    "collections_app.IndexEntry": "a composite key, which the admin cannot show",
    "collections_app.SubstringEntry": "a composite key, which the admin cannot show",
    "collections_app.SchemaEpoch": "one number of the machinery",
}
# Session, person, actor, epoch, count, rows, the dates of a hierarchy, filters.
MOST_QUERIES = 14
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
NONSENSE = "\N{SNOWMAN} [not] a {value"


def test_every_model_has_a_page_or_a_reason() -> None:
    every = {model._meta.label for model in apps.get_models()}
    shown = {model._meta.label for model in admin.site._registry}

    assert every - shown == WITHOUT_A_PAGE.keys()
    assert all(isinstance(page, VaultModelAdmin) for page in admin.site._registry.values())


def test_no_page_shows_what_is_sealed_or_counts_all_rows() -> None:
    for model, page in admin.site._registry.items():
        assert page.show_full_result_count is False
        assert page.actions is None
        assert isinstance(page, (MetadataAdmin, ServiceAdmin))
        for name in page.shown() if isinstance(page, MetadataAdmin) else []:
            assert not isinstance(model._meta.get_field(name), (BinaryField, VaultField)), name


@pytest.mark.parametrize("model", PAGES, ids=lambda model: str(model._meta.label))
def test_a_list_costs_the_same_for_any_number_of_rows(
    console: Client, model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin.site, "enable_nav_sidebar", False)  # the same on each page, and slow
    place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    make(model, 2)
    few = queries(console, place)
    rows = make(model, 4)

    many = queries(console, place)

    assert many <= few + 2  # what is read anew after a second; a query a row would be four
    assert many <= MOST_QUERIES
    if admin.site._registry[model].search_fields:
        assert console.get(place, {"q": NONSENSE}).status_code == 200
    row = rows[-1]
    one = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    assert console.get(one).status_code == 200
    refuse_nonsense(console, model, one)


def queries(console: Client, place: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert console.get(place).status_code == 200
    return sum(each["sql"].lstrip()[:6] in ("SELECT", "WITH c") for each in caught.captured_queries)


def refuse_nonsense(console: Client, model: type[Model], one: str) -> None:
    """What cannot be is told in the form, on the page for a new row and for one that stands."""
    page: Any = admin.site._registry[model]
    if not isinstance(page, ServiceAdmin):
        assert console.post(one, {"name": "x"}).status_code == 403
        assert console.post(one.replace("/change/", "/delete/"), {"post": "yes"}).status_code in (
            302,
            403,
        )
        return
    before = model._default_manager.count()
    add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    for place in (add, one):
        shown = console.get(place)
        if shown.status_code == 403 or not shown.context.get("adminform"):
            continue
        fields = shown.context["adminform"].form.fields
        for typed in ("", NONSENSE):
            answer = console.post(place, dict.fromkeys(fields, typed))
            assert answer.status_code in (200, 302, 403), answer.status_code
            if place == add and fields:
                assert answer.status_code == 200
                assert answer.context["errors"]
    assert model._default_manager.count() == before
