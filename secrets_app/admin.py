"""Secrets in the Django admin: metadata to look at, and a deletion. No page shows data.

What is sealed or hashed is left out: ciphertext, outlines, digests of links and their passphrases.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from secrets_app.models import (
    Checkout,
    ImportJob,
    LinkReceipt,
    OneTimeLink,
    Secret,
    SecretChange,
    SecretRoleGrant,
    SecretType,
    SecretUserGrant,
    SecretVersion,
)
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref
from secrets_app.services.secrets import delete_secret
from vaultportal.console.base import MetadataAdmin
from vaultportal.identity import access
from vaultportal.identity.permissions import PermissionEnum

HIDDEN = frozenset({"folded", "passphrase"})


class SealedAdmin(MetadataAdmin):
    """Metadata without what was derived from a secret or opens one."""

    def shown(self) -> list[str]:
        """The columns of the page for one row."""
        return [name for name in super().shown() if name not in HIDDEN]


@admin.register(Secret)
class SecretAdmin(SealedAdmin):
    """A secret can be deleted here, by the service that the API calls."""

    view_permission: ClassVar[PermissionEnum | None] = SecretPermission.VIEW
    list_display = ("name", "owner_id", "type", "version", "expires_at", "updated_at")
    list_filter = ("type",)
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete secrets, or this one."""
        return access.may(self.actor(request), SecretPermission.DELETE, obj or Secret)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        delete_secret(self.actor(request), Ref(id=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete each by the service, so that each leaves its trace."""
        for secret_id in queryset.values_list("pk", flat=True):
            delete_secret(self.actor(request), Ref(id=secret_id))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the secrets alone: what hangs on them goes with them."""
        names = [str(obj) for obj in objs]
        return names, {str(Secret._meta.verbose_name_plural): len(names)}, set(), []


for model in (
    Checkout,
    ImportJob,
    LinkReceipt,
    OneTimeLink,
    SecretChange,
    SecretRoleGrant,
    SecretType,
    SecretUserGrant,
    SecretVersion,
):
    admin.site.register(model, SealedAdmin)
