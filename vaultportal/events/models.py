"""The outbox: events as rows, written in the transaction that they tell of."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vaultportal.identity.ids import uuid7


class EventQuerySet(models.QuerySet["Event"]):
    def undispatched(self) -> EventQuerySet:
        """What nobody has taken yet, oldest first."""
        return self.filter(dispatched_at=None).order_by("id")


class Event(models.Model):
    """Something that happened. ``payload`` holds identifiers and names, never a vault value.

    Written by ``vaultportal.trail`` in one statement with the audit heads' lock; whoever dispatches
    sets ``dispatched_at``, and the sweep deletes the row some days later.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=100, editable=False)
    payload = models.JSONField(editable=False)
    actor_id = models.UUIDField(editable=False)
    actor_name = models.CharField(max_length=255, editable=False)
    request_id = models.CharField(max_length=255, editable=False)
    created_at = models.DateTimeField(editable=False)
    dispatched_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ("-id",)
        indexes = (
            # Stays as small as the backlog, however many finished rows there are.
            models.Index(fields=["id"], condition=Q(dispatched_at=None), name="event_undispatched"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"
