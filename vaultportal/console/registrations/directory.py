"""API clients, keys, tokens, settings: metadata only; secrets are shown in the portal, once."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from axes.models import AccessAttempt, AccessAttemptExpiration, AccessFailureLog, AccessLog
from django import forms
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from guardian.models import GroupObjectPermission, UserObjectPermission
from oauth2_provider.models import (
    DeviceGrant,
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
    Notice,
    SavedView,
    Setting,
    SetupCode,
    SpentLogin,
)
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import clients, identities, keys, settings
from vaultportal.identity import access
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


@admin.register(SavedView)
class SavedViewAdmin(MetadataAdmin):
    """Whose views there are; what somebody looks for is not shown."""

    list_display = ("name", "list_name", "owner", "role", "updated_at")
    list_select_related = ("owner", "role")
    search_fields = ("name", "owner__username")

    def shown(self) -> list[str]:
        """All columns but the query."""
        return [name for name in super().shown() if name != "query"]


@admin.register(Notice)
class NoticeAdmin(MetadataAdmin):
    """Whom the portal wrote to about their account, and whether the mail server took it."""

    list_display = ("kind", "user", "recipient", "state", "created_at", "ended_at", "failure")
    list_filter = ("state", "kind")
    search_fields = ("user__username", "recipient")


class TokenAdmin(MetadataAdmin):
    """Tokens as rows: whose, for what, until when. Not the token."""

    list_display: Any = ("user", "application", "expires", "created")

    def shown(self) -> list[str]:
        """All columns but those that hold what opens something, or a digest of it."""
        hidden = ("token", "checksum", "code", "jti", "nonce", "key", "data")
        return [name for name in super().shown() if not any(word in name for word in hidden)]


class RefreshTokenAdmin(TokenAdmin):
    """They do not expire by themselves; one is revoked when it was used."""

    list_display = ("user", "application", "created", "revoked")


class BareAdmin(TokenAdmin):
    """Of a library: without what opens something, by its first columns."""

    list_display: Any = ("__str__",)


class FactorAdmin(TokenAdmin):
    """Second factors are taken off on the page of a person, where it is recorded."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username",)


class IdentityAdmin(MetadataAdmin):
    """Identities elsewhere that open accounts. Deleting one disconnects it, by the service."""

    list_display = ("user", "provider", "date_joined", "last_login")
    list_select_related = ("user",)
    list_filter = ("provider",)
    search_fields = ("user__username",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever manages people."""
        return access.holds(self.actor(request), UserPermission.CHANGE)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        identities.disconnect(self.actor(request), obj.pk)


class PermissionAdmin(MetadataAdmin):
    """The rights there are."""

    list_display = ("content_type", "codename", "name")
    list_select_related = ("content_type",)
    search_fields = ("codename", "name")


PAGES: dict[type[Model], type[MetadataAdmin]] = {
    get_application_model(): MetadataAdmin,
    get_access_token_model(): TokenAdmin,
    get_grant_model(): TokenAdmin,
    get_refresh_token_model(): RefreshTokenAdmin,
    get_id_token_model(): BareAdmin,
    DeviceGrant: BareAdmin,
    EmailAddress: MetadataAdmin,
    EmailConfirmation: BareAdmin,
    Authenticator: FactorAdmin,
    SocialAccount: IdentityAdmin,
    AccessAttempt: MetadataAdmin,
    AccessAttemptExpiration: MetadataAdmin,
    AccessFailureLog: MetadataAdmin,
    AccessLog: MetadataAdmin,
    KeptCredential: MetadataAdmin,
    SetupCode: MetadataAdmin,
    SpentLogin: MetadataAdmin,
    GuessCounter: MetadataAdmin,
    LogEntry: MetadataAdmin,
    ContentType: MetadataAdmin,
    Permission: PermissionAdmin,
}

# Libraries bring pages of their own, which write around the services and show what is kept sealed.
_theirs: list[type[Model]] = [
    *PAGES,
    UserObjectPermission,
    GroupObjectPermission,
    SocialApp,
    SocialToken,
]
for model in _theirs:
    try:
        admin.site.unregister(model)
    except NotRegistered:
        continue
for model, page in PAGES.items():
    admin.site.register(model, page)
