"""S3 vaults in the Django admin: plans and machines by their services, the rest to look at.

No page shows a login, a key or a certificate's key: sealed columns have no place here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _

from s3vault_app.models import (
    AccessToken,
    Endpoint,
    EngineIdentity,
    Job,
    JobEvent,
    JobStep,
    KeyPair,
    Machine,
    PlanRoleGrant,
    PlanUserGrant,
    Probe,
    StoragePlan,
    StoragePool,
    UsageSample,
    Vault,
    VaultDraft,
    VaultRoleGrant,
    VaultUserGrant,
)
from s3vault_app.permissions import (
    MachinePermission,
    PlanPermission,
    PoolPermission,
    VaultPermission,
)
from s3vault_app.services import changes, machines, plans, pools
from s3vault_app.services.machines import Login, MachineFields
from s3vault_app.services.plans import PlanFields
from vaultportal.console.base import MetadataAdmin, ServiceAdmin, ServiceForm, shown_fields
from vaultportal.console.grants import GrantAdmin, GrantForm
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.identity.permissions import PermissionEnum


class PlanForm(ServiceForm):
    """A plan, saved by the service that the API calls."""

    places: ClassVar[Mapping[str, str]] = {
        "planName": "name",
        "retentionPeriodDays": "retention_days",
        "storagePool.id": "pool",
    }

    class Meta:
        model = StoragePlan
        fields = (
            "name",
            "pool",
            "lock_mode",
            "retention_days",
            "versioning",
            "quota_bytes",
            "region",
        )

    def apply(self) -> Model:
        """Make or change the plan."""
        given = dict(self.cleaned_data)
        fields = PlanFields(pool=given.pop("pool").number, **given)
        if self.instance._state.adding:
            return plans.create_plan(self.actor, fields)
        return plans.change_plan(self.actor, self.instance.number, fields)


@admin.register(StoragePlan)
class PlanAdmin(ServiceAdmin):
    """Rules for vaults that are made from now on."""

    form = PlanForm
    view_permission: ClassVar[PermissionEnum | None] = PlanPermission.VIEW
    list_display = ("number", "name", "pool", "lock_mode", "retention_days", "deleted_at")
    list_select_related = ("pool",)
    search_fields = ("name",)

    def remove(self, actor: Actor, obj: StoragePlan) -> None:
        """Refused while vaults use the plan."""
        plans.delete_plan(actor, obj.number)


class MachineForm(ServiceForm):
    """A machine without its login, which goes in by the API."""

    places: ClassVar[Mapping[str, str]] = {
        "clientName": "name",
        "hostName": "host",
        "userName": "user",
    }

    class Meta:
        model = Machine
        fields: tuple[str, ...] = (
            "name",
            "host",
            "port",
            "address",
            "install_root",
            "data_root",
            "ports",
        )

    ports = forms.JSONField(required=False, initial=dict)

    def clean_ports(self) -> dict[str, Any]:
        """Ports by what listens on them."""
        given = self.cleaned_data["ports"] or {}
        if not isinstance(given, dict):
            raise forms.ValidationError(_("Give ports by role, as in {}.").format('{"s3": 8333}'))
        return given

    def apply(self) -> Model:
        """Change the machine."""
        given = dict(self.cleaned_data)
        return machines.change(self.actor, self.instance.number, MachineFields(**given))


class NewMachineForm(MachineForm):
    """A machine that the portal signs in to with a key pair that it makes."""

    class Meta(MachineForm.Meta):
        fields = (*MachineForm.Meta.fields, "user")

    def apply(self) -> Model:
        """Register the machine."""
        given = dict(self.cleaned_data)
        login = Login(user=given.pop("user"))
        return machines.register(self.actor, MachineFields(**given, login=login))


@admin.register(Machine)
class MachineAdmin(ServiceAdmin):
    """Machines are registered, changed and retired here; what signs in goes in elsewhere."""

    form = MachineForm
    view_permission: ClassVar[PermissionEnum | None] = MachinePermission.VIEW
    list_display = ("number", "name", "kind", "host", "state", "role", "engine_state", "deleted_at")
    list_filter = ("kind", "state", "engine_state")
    search_fields = ("name", "host")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What the portal itself writes; nothing sealed."""
        if obj is None:
            return []
        form_fields = set(MachineForm.Meta.fields)
        return [name for name in shown_fields(Machine) if name not in form_fields]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What may be changed, then what may be looked at."""
        if obj is None:
            return NewMachineForm.Meta.fields
        return [*MachineForm.Meta.fields, *self.get_readonly_fields(request, obj)]

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 Django's signature
        **kwargs: Any,
    ) -> type[ServiceForm]:
        """A new machine also has a user to sign in as."""
        if obj is None:
            kwargs["form"] = NewMachineForm
        return super().get_form(request, obj, change, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may add machines."""
        return access.holds(self.actor(request), MachinePermission.ADD)

    def remove(self, actor: Actor, obj: Machine) -> None:
        """Refused while an endpoint is installed there."""
        machines.retire(actor, obj.number)


@admin.register(Vault)
class VaultAdmin(MetadataAdmin):
    """A vault can be deleted here, by the service that the API calls; never emptied."""

    view_permission: ClassVar[PermissionEnum | None] = VaultPermission.VIEW
    list_display = ("number", "name", "plan", "state", "verify_ok", "verified_at", "size_bytes")
    list_select_related = ("plan",)
    list_filter = ("state",)
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete vaults, or this one."""
        return access.may(self.actor(request), VaultPermission.DELETE, obj or Vault)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        changes.delete_vault(self.actor(request), obj.number)


class VaultGrantForm(GrantForm):
    """The use of one vault's data; it lasts until it is taken."""

    rights = (VaultPermission.USE,)
    model = Vault
    ends = False

    def give(
        self, to: User | Role, thing: Any, right: PermissionEnum, until: datetime | None
    ) -> None:
        """By the service that the API calls, which makes the keys too."""
        changes.give_use(self.actor, thing.number, to)


@admin.register(VaultUserGrant, VaultRoleGrant)
class VaultGrantAdmin(GrantAdmin):
    """Owning comes with making a vault: it is to be looked at."""

    form = VaultGrantForm
    see: ClassVar[PermissionEnum] = VaultPermission.VIEW

    def take(self, actor: Actor, of: User | Role, thing: Any, right: PermissionEnum) -> None:
        """By the service."""
        changes.take_use(actor, thing.number, of)


class PlanGrantForm(GrantForm):
    """Nothing: no service gives a single plan yet."""

    model = StoragePlan


@admin.register(PlanUserGrant, PlanRoleGrant)
class PlanGrantAdmin(GrantAdmin):
    """To be looked at."""

    form = PlanGrantForm
    see: ClassVar[PermissionEnum] = PlanPermission.VIEW


@admin.register(StoragePool)
class PoolAdmin(MetadataAdmin):
    """A pool without plans can be deleted here."""

    view_permission: ClassVar[PermissionEnum | None] = PoolPermission.VIEW
    list_display = ("number", "name", "engine", "state", "total_bytes", "free_bytes", "checked_at")
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete pools."""
        return access.holds(self.actor(request), PoolPermission.DELETE)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        pools.delete_pool(self.actor(request), obj.number)


@admin.register(Job)
class JobAdmin(MetadataAdmin):
    list_display = ("id", "type", "vault", "state", "phase", "percent", "created_at", "finished_at")
    list_select_related = ("vault",)
    list_filter = ("state", "type")
    ordering = ("-id",)


@admin.register(KeyPair)
class KeyPairAdmin(MetadataAdmin):
    list_display = ("access_key_id", "user", "vault", "state", "created_at")
    list_select_related = ("user", "vault")
    list_filter = ("state",)
    search_fields = ("access_key_id", "user__username")


@admin.register(Endpoint)
class EndpointAdmin(MetadataAdmin):
    list_display = ("vault", "machine", "url", "role", "state", "verify_ok", "verified_at")
    list_select_related = ("vault", "machine")
    list_filter = ("state",)


for model in (
    AccessToken,
    EngineIdentity,
    JobEvent,
    JobStep,
    Probe,
    UsageSample,
    VaultDraft,
):
    admin.site.register(model, MetadataAdmin)
