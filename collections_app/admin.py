"""Collections in the Django admin: metadata to look at, a description and a deletion to act on.

No page shows a value: cells are binary, and clear values of NOT ENCRYPTED properties are left out
as well, since they are read by those who may read them and leave a trace then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from collections_app.models import (
    Action,
    ActionRoleGrant,
    ActionUserGrant,
    BulkJob,
    Bundle,
    Collection,
    CollectionRoleGrant,
    CollectionUserGrant,
    ConfigurationVariable,
    CustomType,
    IdentityProvider,
    IndexEntry,
    Object,
    ObjectExport,
    Property,
    SchemaEpoch,
    SchemaJob,
    SubstringEntry,
    Token,
    TransactionId,
)
from collections_app.permissions import ActionPermission, CollectionPermission
from collections_app.services import actions, granting
from collections_app.services.collections import delete_collection
from vaultportal.console.base import MetadataAdmin
from vaultportal.console.grants import GrantAdmin, GrantForm
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.identity.permissions import PermissionEnum

HIDDEN = frozenset({"clear", "template", "ref_ids"})
# Rows of the machinery: two of them have composite keys, which the admin cannot show.
WITHOUT_A_PAGE = (IndexEntry, SubstringEntry, SchemaEpoch)


class ValuelessAdmin(MetadataAdmin):
    """Metadata without anything that a caller stored."""

    def shown(self) -> list[str]:
        """The columns of the page for one row."""
        return [name for name in super().shown() if name not in HIDDEN]


@admin.register(Collection)
class CollectionAdmin(ValuelessAdmin):
    """A collection can be deleted here, by the service that the API calls."""

    view_permission: ClassVar[PermissionEnum | None] = CollectionPermission.VIEW
    list_display = ("name", "type", "created_at", "modified_at")
    list_filter = ("type",)
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete collections, or this one."""
        return access.may(self.actor(request), CollectionPermission.DELETE, obj or Collection)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        self.remove(self.actor(request), obj)

    def remove(self, actor: Actor, obj: Collection) -> None:
        """Delete the collection with everything in it."""
        delete_collection(actor, obj.name)


@admin.register(Property)
class PropertyAdmin(ValuelessAdmin):
    list_display = ("name", "collection", "data_type_name", "is_encrypted", "is_unique", "is_index")
    list_filter = ("data_type_name", "is_encrypted")
    list_select_related = ("collection",)
    search_fields = ("name", "collection__name")


@admin.register(Object)
class ObjectAdmin(ValuelessAdmin):
    list_display = ("object_id", "collection", "tenant_id", "created_at", "ends_at", "version")
    list_select_related = ("collection",)
    search_fields = ("=object_id",)
    ordering = ("-seq",)


@admin.register(Token)
class TokenAdmin(ValuelessAdmin):
    list_display = ("id", "type", "collection", "scope", "created_at", "expires_at")
    list_select_related = ("collection",)
    list_filter = ("type",)
    ordering = ("-id",)

    def shown(self) -> list[str]:
        """A token id is a key to a value: it is not shown."""
        return [name for name in super().shown() if name != "token_id"]


@admin.register(SchemaJob)
class SchemaJobAdmin(ValuelessAdmin):
    list_display = ("kind", "collection", "property_name", "state", "done", "total", "created_at")
    list_select_related = ("collection",)
    list_filter = ("state", "kind")
    ordering = ("-created_at",)


@admin.register(ObjectExport)
class ObjectExportAdmin(ValuelessAdmin):
    list_display = ("collection", "asked_name", "reason", "state", "done", "total", "created_at")
    list_select_related = ("collection",)
    list_filter = ("state",)
    ordering = ("-created_at",)


@admin.register(BulkJob)
class BulkJobAdmin(ValuelessAdmin):
    list_display = ("kind", "collection", "asked_name", "state", "done", "total", "created_at")
    list_select_related = ("collection",)
    list_filter = ("state", "kind")
    ordering = ("-created_at",)


@admin.register(Bundle)
class BundleAdmin(ValuelessAdmin):
    list_display = ("name", "description", "digest", "created_at", "modified_at")
    search_fields = ("name",)

    def shown(self) -> list[str]:
        """Code is for those who hold CapCodeReader, by the API."""
        return [name for name in super().shown() if name != "code"]


@admin.register(CustomType)
class CustomTypeAdmin(ValuelessAdmin):
    list_display = ("name", "base_type_name", "validator", "normalizer", "default_transformer")
    search_fields = ("name",)


@admin.register(Action)
class ActionAdmin(ValuelessAdmin):
    view_permission: ClassVar[PermissionEnum | None] = ActionPermission.VIEW
    list_display = ("name", "bundle", "function_name", "role", "created_at", "disabled_at")
    list_select_related = ("bundle", "role")
    search_fields = ("name",)


class ActionGrantForm(GrantForm):
    """The right to invoke one action."""

    rights = (ActionPermission.INVOKE,)
    model = Action

    def give(
        self, to: User | Role, thing: Any, right: PermissionEnum, until: datetime | None
    ) -> None:
        """By the service of the portal's page."""
        actions.grant_action(self.actor, thing.name, to, valid_until=until)


@admin.register(ActionUserGrant, ActionRoleGrant)
class ActionGrantAdmin(GrantAdmin):
    form = ActionGrantForm
    see: ClassVar[PermissionEnum] = ActionPermission.VIEW

    def take(self, actor: Actor, of: User | Role, thing: Any, right: PermissionEnum) -> None:
        """By the service."""
        actions.revoke_action(actor, thing.name, of)


class CollectionGrantForm(GrantForm):
    """One right on one collection."""

    rights = granting.GRANTABLE
    model = Collection

    def give(
        self, to: User | Role, thing: Any, right: PermissionEnum, until: datetime | None
    ) -> None:
        """By the service of the portal's page."""
        chosen = next(each for each in granting.GRANTABLE if each == right)
        granting.grant_collection(self.actor, thing.name, to, chosen, valid_until=until)


@admin.register(CollectionUserGrant, CollectionRoleGrant)
class CollectionGrantAdmin(GrantAdmin):
    form = CollectionGrantForm
    see: ClassVar[PermissionEnum] = CollectionPermission.VIEW

    def take(self, actor: Actor, of: User | Role, thing: Any, right: PermissionEnum) -> None:
        """By the service."""
        chosen = next(each for each in granting.GRANTABLE if each == right)
        granting.revoke_collection(actor, thing.name, of, chosen)


@admin.register(IdentityProvider)
class IdentityProviderAdmin(ValuelessAdmin):
    """Written by the IAM file; its keys are public ones."""

    list_display = ("name", "type", "is_disabled")


admin.site.register([ConfigurationVariable, TransactionId], ValuelessAdmin)
