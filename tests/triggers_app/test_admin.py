"""The admin pages of triggers: services behind the form, and nothing secret on any page."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.core import checks

from tests.factories import as_admin
from tests.triggers_app.factories import make_subscription
from triggers_app.admin import HIDDEN, RuntimeAdmin, SubscriptionAdmin, SubscriptionForm
from triggers_app.models import Subscription
from vaultportal.audit.models import AuditEntry
from vaultportal.console.base import shown_fields
from vaultportal.console.grants import GrantAdmin
from vaultportal.identity.actor import Actor

SECRET = {"credential", "signing_secret", "previous_signing_secret", "private_key", "secret"}


def test_every_table_has_a_page_that_django_finds_sound() -> None:
    pages = {
        model: page
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "triggers_app"
    }

    assert isinstance(pages.pop(Subscription), SubscriptionAdmin)
    assert len(pages) == 10
    assert SECRET.isdisjoint(shown_fields(Subscription))
    for page in pages.values():
        if isinstance(page, GrantAdmin):
            continue
        assert isinstance(page, RuntimeAdmin)
        assert (SECRET | HIDDEN).isdisjoint(page.shown())
    assert not [each for each in checks.run_checks(tags=["admin"]) if each.is_serious()]


def form_of(row: Subscription, actor: Actor, **changes: Any) -> SubscriptionForm:
    kept = {name: getattr(row, name) or "" for name in SubscriptionForm.Meta.fields}
    made = type("BoundForm", (SubscriptionForm,), {"actor": actor})
    form: SubscriptionForm = made(kept | changes, instance=row)
    return form


@pytest.mark.django_db
def test_a_form_changes_by_the_service_and_keeps_the_credential(settings: Any) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.0/8"]
    admin_actor = as_admin()
    row = make_subscription(
        authentication="BASIC_AUTH", user_name="vault", credential="pa55word",
        url="https://127.0.0.1/in",
    )  # fmt: skip

    form = form_of(row, admin_actor, name="renamed")

    assert form.is_valid(), form.errors
    changed = Subscription.objects.get(pk=row.pk)
    assert (changed.name, changed.credential, changed.version) == ("renamed", "pa55word", 2)
    assert AuditEntry.objects.filter(action="subscription.change", target_id=row.pk).count() == 1


@pytest.mark.django_db
def test_what_the_service_refuses_stands_in_the_form() -> None:
    row = make_subscription(url="https://127.0.0.1/in")

    form = form_of(row, as_admin(), filter="$[?(")

    assert not form.is_valid()
    assert "filter" in form.errors
