"""Something that is done to many objects."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from collections_app.models.claiming import QUEUED, RUNNING, ClaimedQuerySet
from collections_app.models.collection import Collection
from vaultportal.identity.ids import uuid7


class BulkJobQuerySet(ClaimedQuerySet["BulkJob"]):
    """Taken as all work is."""


class BulkJob(models.Model):
    """Many objects that are tokenized, ended or erased, batch after batch, for one person.

    Which ones is fixed before the person confirms it: what comes to match later is not touched.

    ids: of the objects, packed and sealed, since a search may have found them by a value; terms:
    how it is done, sealed. Both are gone once it is over.
    archived: whether archived objects are meant.
    done, gone, refused: objects with which it went well, that are not there any more, and that the
    service refused. Their sum is how far the job is.
    failure: why the rest was left, one of the names below or the refusal's sentence.
    """

    NOT_ALLOWED = "not allowed"
    GATED = "gated"
    GAVE_UP = "gave up"

    class Kind(models.TextChoices):
        TOKENIZE = "tokenize"
        EXPIRE = "expire"
        DELETE = "delete"

    class State(models.TextChoices):
        DRAFT = "draft"
        QUEUED = QUEUED
        RUNNING = RUNNING
        DONE = "done"
        CANCELLED = "cancelled"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="bulk_jobs")
    kind = models.CharField(max_length=8, choices=Kind, editable=False)
    asked_by = models.UUIDField(editable=False)
    asked_name = models.CharField(max_length=255, editable=False)
    reason = models.CharField(max_length=64, blank=True, editable=False)
    note = models.CharField(max_length=200, blank=True, editable=False)
    archived = models.BooleanField(default=False, editable=False)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    ids = models.BinaryField(default=bytes)
    terms = models.BinaryField(default=bytes)
    done = models.BigIntegerField(default=0)
    gone = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    failure = models.CharField(max_length=450, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = BulkJobQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["asked_by", "-created_at"], name="bulk_job_of_person"),
            models.Index(fields=["created_at"], name="bulk_job_due",
                         condition=Q(state__in=["queued", "running"])),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.total} objects"

    @property
    def place(self) -> int:
        """How many objects the job has been at."""
        return self.done + self.gone + self.refused

    @property
    def is_open(self) -> bool:
        """Whether it waits for a worker or has one."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def tag(self) -> str:
        """What the tokens that it makes are tagged with."""
        return f"job-{self.pk.hex[-12:]}"
