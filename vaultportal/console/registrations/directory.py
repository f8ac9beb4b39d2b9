"""API clients, keys, tokens, settings: metadata only; secrets are shown in the portal, once."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest
from guardian.models import GroupObjectPermission, UserObjectPermission
from oauth2_provider.models import (
    get_access_token_model,
    get_application_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from vaultportal.console.base import MetadataAdmin, ServiceAdmin, ServiceForm
from vaultportal.directory.models import (
    GuessCounter,
    KeptCredential,
    Setting,
    SetupCode,
    SpentLogin,
)
from vaultportal.directory.services import clients, keys, settings
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiClient, ApiKey


@admin.register(ApiClient)
class ApiClientAdmin(MetadataAdmin):
    list_display = ("user", "created_at", "updated_at", "author")
    list_select_related = ("user", "author")
    search_fields = ("user__username",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete API clients; the service ends its tokens."""
        return super(MetadataAdmin, self).has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        clients.delete_client(self.actor(request), obj.pk)


@admin.register(ApiKey)
class ApiKeyAdmin(MetadataAdmin):
    list_display = ("prefix", "label", "user", "created_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("label", "user__username")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete API keys; deleting is revoking."""
        return super(MetadataAdmin, self).has_delete_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        keys.revoke_key(self.actor(request), obj.pk)


class SettingForm(ServiceForm):
    """A run-time setting that differs from its default."""

    name = forms.CharField(max_length=80)
    value = forms.JSONField()

    class Meta:
        model = Setting
        fields = ("name", "value")

    def apply(self) -> Setting:
        """Store the value by the service, which knows names and types."""
        name = self.cleaned_data.get("name") or self.instance.name
        settings.change_setting(self.actor, name, self.cleaned_data["value"])
        return Setting.objects.get(name=name)


@admin.register(Setting)
class SettingAdmin(ServiceAdmin):
    form = SettingForm
    list_display = ("name", "value", "updated_at", "updated_by")
    list_select_related = ("updated_by",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name is what a setting is known by."""
        return ("name",) if obj is not None else ()

    def remove(self, actor: Actor, obj: Any) -> None:
        settings.reset_setting(actor, obj.name)


class TokenAdmin(MetadataAdmin):
    """Tokens as rows: whose, for what, until when. Not the token."""

    list_display = ("user", "application", "expires", "created")

    def shown(self) -> list[str]:
        """All columns but those that hold a token or a digest of one."""
        hidden = ("token", "checksum", "code")
        return [name for name in super().shown() if not any(word in name for word in hidden)]


class RefreshTokenAdmin(TokenAdmin):
    """They do not expire by themselves; one is revoked when it was used."""

    list_display = ("user", "application", "created", "revoked")


_own_pages = (
    get_application_model(),
    get_access_token_model(),
    get_refresh_token_model(),
    get_grant_model(),
    get_id_token_model(),
    AccessAttempt,
    AccessFailureLog,
    AccessLog,
)
for model in (*_own_pages, UserObjectPermission, GroupObjectPermission):
    try:
        admin.site.unregister(model)
    except NotRegistered:
        continue

admin.site.register(get_application_model(), MetadataAdmin)
for model in (get_access_token_model(), get_grant_model()):
    admin.site.register(model, TokenAdmin)
admin.site.register(get_refresh_token_model(), RefreshTokenAdmin)
for model in (
    AccessAttempt,
    AccessFailureLog,
    AccessLog,
    KeptCredential,
    SetupCode,
    SpentLogin,
    GuessCounter,
):
    admin.site.register(model, MetadataAdmin)
