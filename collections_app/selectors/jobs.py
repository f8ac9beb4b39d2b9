"""The long work on collections: what is under way, and what was given up."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from collections_app.models import BulkJob, ObjectExport, SchemaJob
from collections_app.schema.compiled import CollectionSchema
from vaultportal.identity.actor import Actor

MOST = 10
TOLD_FOR = timedelta(days=7)


def jobs_of(schema: CollectionSchema) -> list[SchemaJob]:
    """Unfinished ones, and those that failed of late, the newest first."""
    is_open = Q(state__in=[SchemaJob.State.QUEUED, SchemaJob.State.RUNNING])
    has_failed = Q(state=SchemaJob.State.FAILED, created_at__gt=timezone.now() - TOLD_FOR)
    found = SchemaJob.objects.filter(is_open | has_failed, collection_id=schema.id)
    return list(found.order_by("-created_at")[:MOST])


def failed(actor: Actor, schemas: list[CollectionSchema], most: int) -> list[SchemaJob]:
    """Jobs of ``schemas`` that failed within the last week, the newest first.

    actor: who sees the schemas, and so what became of their changes.
    """
    found = SchemaJob.objects.filter(
        state=SchemaJob.State.FAILED,
        created_at__gt=timezone.now() - TOLD_FOR,
        collection_id__in=[schema.id for schema in schemas],
    )
    return list(found.select_related("collection").order_by("-created_at")[:most])


def under_way(actor: Actor, most: int) -> tuple[list[ObjectExport], list[BulkJob]]:
    """The newest of them, with their collections, in one statement each."""
    exports = ObjectExport.objects.unfinished().filter(asked_by=actor.user_id)
    bulk = BulkJob.objects.unfinished().filter(asked_by=actor.user_id)
    return (
        list(exports.select_related("collection").order_by("-created_at")[:most]),
        list(bulk.select_related("collection").order_by("-created_at")[:most]),
    )


def running(actor: Actor) -> int:
    """How many exports and jobs on many objects the actor has under way, in one statement."""
    mine = {"asked_by": actor.user_id}
    exports = ObjectExport.objects.unfinished().filter(**mine).values_list("pk")
    bulk = BulkJob.objects.unfinished().filter(**mine).values_list("pk")
    return exports.union(bulk).count()
