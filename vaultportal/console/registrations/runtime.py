"""What the portal writes by itself: keys, audit entries, events. Looked at, and keys rotated."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from vaultportal.audit.models import (
    AuditEntry,
    AuditHead,
    Checkpoint,
    Export,
    ExportPart,
    LogTarget,
    SigningKey,
    Verification,
)
from vaultportal.console.base import MetadataAdmin, ServiceAdmin, ServiceForm, shown_fields
from vaultportal.crypto.models import (
    DataKey,
    Instance,
    KeyJob,
    KeyScope,
    KeyState,
    ObjectKey,
    RootKeyVersion,
)
from vaultportal.directory.permissions import DataKeyPermission
from vaultportal.directory.services import key_jobs
from vaultportal.events.models import Event
from vaultportal.identity import access
from vaultportal.identity.models import IdentityEpoch
from vaultportal.ops.models import Backup


@admin.register(AuditEntry)
class AuditEntryAdmin(MetadataAdmin):
    list_display = (
        "at",
        "actor_name",
        "action",
        "target_kind",
        "target_name",
        "outcome",
        "address",
    )
    list_filter = ("outcome",)
    search_fields = ("actor_name", "target_id", "request_id")


@admin.register(Verification)
class VerificationAdmin(MetadataAdmin):
    list_display = ("created_at", "state", "asked_name", "walked", "total", "found")
    list_filter = ("state",)


@admin.register(Export)
class ExportAdmin(MetadataAdmin):
    list_display = ("created_at", "state", "format", "asked_name", "rows")


@admin.register(LogTarget)
class LogTargetAdmin(MetadataAdmin):
    """Looked at here; made and changed on the page of the settings, which asks for a proof."""

    list_display = ("name", "kind", "is_enabled", "sent", "last_sent_at", "failing_since", "error")
    list_filter = ("kind", "is_enabled")


@admin.register(Event)
class EventAdmin(MetadataAdmin):
    list_display = ("created_at", "type", "actor_name", "dispatched_at")
    search_fields = ("type", "actor_name")


class KeyJobForm(ServiceForm):
    """Which generation is to be made; a worker makes it and renews what hangs on the one before."""

    class Meta:
        model = KeyJob
        fields = ("kind",)

    def apply(self) -> KeyJob:
        """Have it made."""
        return key_jobs.rotate(self.actor, self.cleaned_data["kind"])


@admin.register(KeyJob)
class KeyJobAdmin(ServiceAdmin):
    """Generations of keys are made here: the page of a rotation says how far it is."""

    form = KeyJobForm
    list_display = ("created_at", "kind", "state", "asked_name", "done", "found", "ended_at")
    list_filter = ("state", "kind")
    search_fields = ("asked_name",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The question, or all that is known of one."""
        return ("kind",) if obj is None else shown_fields(KeyJob)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was asked stays as it was asked."""
        return () if obj is None else shown_fields(KeyJob)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may rotate keys."""
        return access.holds(self.actor(request), DataKeyPermission.CHANGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: a worker writes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: old ones go by themselves."""
        return False


@admin.register(DataKey)
class DataKeyAdmin(MetadataAdmin):
    """An old key of secrets can be ended here, once nothing hangs on it: that is its deletion."""

    list_display = ("scope", "version", "state", "provider", "kek_version", "created_at")
    list_filter = ("state", "provider")
    search_fields = ("scope",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may end keys, of those that are ended here at all."""
        is_old = obj is None or obj.state == KeyState.DECRYPT_ONLY
        return is_old and access.holds(self.actor(request), DataKeyPermission.DELETE)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """End it by the service; its row stays, as the proof."""
        key_jobs.end_data_key(self.actor(request), obj.pk)


@admin.register(Backup)
class BackupAdmin(MetadataAdmin):
    list_display = ("created_at", "state", "name", "bytes", "asked_name", "tested_at")
    list_filter = ("state", "test_state")


@admin.register(RootKeyVersion)
class RootKeyVersionAdmin(MetadataAdmin):
    list_display = ("label", "state", "created_at")


for model in (
    AuditHead,
    Checkpoint,
    ExportPart,
    SigningKey,
    Instance,
    KeyScope,
    ObjectKey,
    IdentityEpoch,
):
    admin.site.register(model, MetadataAdmin)
