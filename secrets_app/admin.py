"""Secrets in the Django admin: metadata to look at, and a deletion. No page shows data.

What is sealed or hashed is left out: ciphertext, outlines, digests of links and their passphrases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal

from django.contrib import admin
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
from secrets_app.services import grants
from secrets_app.services.grants import Holder
from secrets_app.services.secrets import delete_secret
from vaultportal.console.base import MetadataAdmin
from vaultportal.console.grants import GrantAdmin, GrantForm
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
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


WORDS: dict[str, Literal["read", "write"]] = {"read_secret": "read", "write_secret": "write"}


class SecretGrantForm(GrantForm):
    """The right to read or to write one secret."""

    rights = (SecretPermission.READ, SecretPermission.WRITE)
    model = Secret

    def give(
        self, to: User | Role, thing: Any, right: PermissionEnum, until: datetime | None
    ) -> None:
        """By the service, which knows who decides about the secret."""
        word = WORDS[right.codename]
        grants.give(self.actor, Ref(id=thing.pk), _holder(to), word, valid_until=until)


@admin.register(SecretUserGrant, SecretRoleGrant)
class SecretGrantAdmin(GrantAdmin):
    """Owning comes with making a secret: it is to be looked at."""

    form = SecretGrantForm
    see: ClassVar[PermissionEnum] = SecretPermission.VIEW

    def take(self, actor: Actor, of: User | Role, thing: Any, right: PermissionEnum) -> None:
        """By the service."""
        grants.take(actor, Ref(id=thing.pk), _holder(of), WORDS[right.codename])


def _holder(of: User | Role) -> Holder:
    return Holder("role", of.uuid) if isinstance(of, Role) else Holder("user", of.pk)


for model in (
    Checkout,
    ImportJob,
    LinkReceipt,
    OneTimeLink,
    SecretChange,
    SecretType,
    SecretVersion,
):
    admin.site.register(model, SealedAdmin)
