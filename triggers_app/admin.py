"""Triggers in the Django admin. Subscriptions are changed by the services that the API calls; what
the engine writes is there to be looked at. No page shows a secret or a credential.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from triggers_app import wire
from triggers_app.models import (
    Attempt,
    Gate,
    GateObject,
    Invocation,
    Pending,
    ReplayJob,
    SigningKey,
    Subscription,
    SubscriptionHealth,
    SubscriptionRoleGrant,
    SubscriptionUserGrant,
)
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import subscriptions
from vaultportal.console.base import MetadataAdmin, ServiceAdmin, ServiceForm, shown_fields
from vaultportal.console.grants import GrantAdmin, GrantForm
from vaultportal.identity import access
from vaultportal.identity.permissions import PermissionEnum

# What was derived from a secret, or would open something.
HIDDEN = frozenset({"secret_digest", "request_digest", "seal", "leased_by"})
EDITED = (
    "name",
    "description",
    "url",
    "mode",
    "response_deadline",
    "authentication",
    "user_name",
    "enabled",
    "filter",
)


class SubscriptionForm(ServiceForm):
    """A subscription as people change it; an empty credential keeps the stored one."""

    new_credential = forms.CharField(
        label=_("password or token"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Subscription
        fields = EDITED

    def apply(self) -> Subscription:
        """Change by the service; a refusal stands beside the field that it is about."""
        given = {name: self.cleaned_data[name] for name in EDITED}
        given["description"] = given["description"] or None
        given["filter"] = given["filter"] or None
        draft = replace(
            wire.read(wire.write(Subscription.objects.get(pk=self.instance.pk))),
            credential=self.cleaned_data["new_credential"] or None,
            **given,
        )
        return subscriptions.replace_subscription(self.actor, str(self.instance.pk), draft)


@admin.register(Subscription)
class SubscriptionAdmin(ServiceAdmin):
    """Made over the API, where the signing secret is told once; changed and deleted here too."""

    form = SubscriptionForm
    view_permission: ClassVar[PermissionEnum | None] = SubscriptionPermission.VIEW
    list_display = ("name", "trigger", "mode", "enabled", "disabled_reason", "updated_at")
    list_filter = ("enabled", "trigger")
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What can be changed, then what can be looked at."""
        told = [name for name in shown_fields(Subscription) if name not in EDITED]
        return [*EDITED, "new_credential", *told]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What no form changes."""
        return [name for name in shown_fields(Subscription) if name not in EDITED]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: the page could not tell the signing secret."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change subscriptions, or this one."""
        return access.may(self.actor(request), SubscriptionPermission.CHANGE, obj or Subscription)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete subscriptions, or this one."""
        return access.may(self.actor(request), SubscriptionPermission.DELETE, obj or Subscription)

    def remove(self, actor: Any, obj: Any) -> None:
        """Delete by the service."""
        subscriptions.delete_subscription(actor, str(obj.pk))


class RuntimeAdmin(MetadataAdmin):
    """What the engine and the gates write."""

    def shown(self) -> list[str]:
        """The columns of the page for one row."""
        return [name for name in super().shown() if name not in HIDDEN]


class SubscriptionGrantForm(GrantForm):
    """Nothing: a subscription is owned by whoever makes it."""

    model = Subscription


@admin.register(SubscriptionUserGrant, SubscriptionRoleGrant)
class SubscriptionGrantAdmin(GrantAdmin):
    """To be looked at."""

    form = SubscriptionGrantForm
    see: ClassVar[PermissionEnum] = SubscriptionPermission.VIEW


for model in (
    Attempt,
    Gate,
    GateObject,
    Invocation,
    Pending,
    ReplayJob,
    SigningKey,
    SubscriptionHealth,
):
    admin.site.register(model, RuntimeAdmin)
