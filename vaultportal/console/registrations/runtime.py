"""What the portal writes by itself: keys, audit entries, events. To look at, never to change."""

from __future__ import annotations

from django.contrib import admin

from vaultportal.audit.models import (
    AuditEntry,
    AuditHead,
    Checkpoint,
    Export,
    ExportPart,
    SigningKey,
    Verification,
)
from vaultportal.console.base import MetadataAdmin
from vaultportal.crypto.models import DataKey, Instance, KeyScope, ObjectKey, RootKeyVersion
from vaultportal.events.models import Event
from vaultportal.identity.models import IdentityEpoch


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


@admin.register(Event)
class EventAdmin(MetadataAdmin):
    list_display = ("created_at", "type", "actor_name", "dispatched_at")
    search_fields = ("type", "actor_name")


@admin.register(DataKey)
class DataKeyAdmin(MetadataAdmin):
    list_display = ("scope", "version", "state", "provider", "kek_version", "created_at")
    list_filter = ("state", "provider")
    search_fields = ("scope",)


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
