"""Objects on their way out of the portal as a file."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from collections_app.models.claiming import ClaimedQuerySet
from collections_app.models.collection import Collection
from vaultportal.identity.ids import uuid7


class ObjectExportQuerySet(ClaimedQuerySet["ObjectExport"]):
    """Taken as all work is."""


class ObjectExport(models.Model):
    """A file with objects, for one person and one download.

    terms: which objects, and the passphrase; sealed, and gone once the file is there.
    file: in the age format, which the passphrase alone opens; gone with the download.
    archived: whether archived objects are meant. total: 0 while it is not known.
    failure: one of the two names below, or the refusal's sentence.
    """

    TOO_MANY = "too many"
    GAVE_UP = "gave up"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        READY = "ready"
        TAKEN = "taken"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="exports")
    asked_by = models.UUIDField(editable=False)
    asked_name = models.CharField(max_length=255, editable=False)
    reason = models.CharField(max_length=64, editable=False)
    note = models.CharField(max_length=200, blank=True, editable=False)
    archived = models.BooleanField(default=False, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    terms = models.BinaryField(default=bytes)
    file = models.BinaryField(default=bytes)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    failure = models.CharField(max_length=450, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)

    objects = ObjectExportQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["asked_by", "-created_at"], name="object_export_of_person"),
            models.Index(fields=["created_at"], name="object_export_due",
                         condition=Q(state__in=["queued", "running"])),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"export {self.created_at:%Y-%m-%d %H:%M}"
