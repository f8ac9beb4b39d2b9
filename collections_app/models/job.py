"""Long work on a collection as rows, and the switches that an operator may set at run time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from collections_app.models.claiming import ClaimedQuerySet
from collections_app.models.collection import Collection
from vaultportal.identity.ids import uuid7


class SchemaJobQuerySet(ClaimedQuerySet["SchemaJob"]):
    """Taken as all work is."""


class SchemaJob(models.Model):
    """A change of a schema that every object of a collection must follow, batch after batch.

    cursor: the last ``seq`` that was done; a job that was killed goes on from there.
    """

    class Kind(models.TextChoices):
        INDEX = "index"
        DROP_INDEX = "drop_index"
        UNIQUE = "unique"
        ENCRYPT = "encrypt"
        ERASE_PROPERTY = "erase_property"
        PURGE_COLLECTION = "purge_collection"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=16, choices=Kind)
    property_id = models.IntegerField(null=True)
    property_name = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    cursor = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    failure = models.CharField(max_length=450, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = SchemaJobQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["state", "created_at"], name="schema_job_due",
                         condition=Q(state__in=["queued", "running"])),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} of {self.property_name or 'the collection'}"


class ConfigurationVariable(models.Model):
    """A switch that was set at run time; without a row it has its default."""

    name = models.CharField(max_length=64, primary_key=True)
    value = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.name}={self.value}"
