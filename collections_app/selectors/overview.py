"""All collections at a glance: how much is in each, when it was last listed, and may I read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Now

from collections_app.models import Collection, Object
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import masking, rights
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.actor import Actor

MOST_COUNTED = 10_000  # more are not counted one by one for a list


@dataclass(frozen=True, slots=True)
class Glance:
    """One collection in a list.

    objects: None where the reader may not learn it; has_more: there are more than were counted.
    last_read: of several objects at once; a read of one object is recorded of that object.
    reads: ``plain``, ``masked``, or "" for neither.
    """

    schema: CollectionSchema
    objects: int | None
    has_more: bool
    sensitive: int
    last_read: datetime | None
    reads: str


def glances(actor: Actor, schemas: Sequence[CollectionSchema], reason: str) -> list[Glance]:
    """In the order of ``schemas``: four statements, however many there are."""
    held = rights.of(actor, schemas, Capability.OBJECTS_LISTER, Capability.DATA_READER)
    counted = _counts([schema.id for schema in schemas if held.counts(schema, reason)])
    reads = _last_reads([schema.id for schema in schemas])
    return [
        Glance(
            schema,
            None if (found := counted.get(schema.id)) is None else min(found, MOST_COUNTED),
            (counted.get(schema.id) or 0) > MOST_COUNTED,
            sum(each.is_encrypted for each in schema.properties.values()),
            reads.get(schema.id),
            _reads(held, schema, reason),
        )
        for schema in schemas
    ]


def objects_of(schema: CollectionSchema, *, archived: bool) -> QuerySet[Object]:
    """The active objects of a collection, or the archived ones, to be counted."""
    life = Q(ends_at__lte=Now()) if archived else Q(ends_at=None) | Q(ends_at__gt=Now())
    return Object.objects.filter(life, collection_id=schema.id)


def _reads(held: rights.Rights, schema: CollectionSchema, reason: str) -> str:
    lister = Capability.OBJECTS_LISTER
    if not held.may(lister, schema) or not schema.properties:
        return ""
    if held.reads(schema, list(schema.properties), lister, reason=reason):
        return "plain"
    if held.reads(schema, masking.masked_keys(schema), lister, reason=reason):
        return "masked"
    return ""


def _counts(ids: Sequence[UUID]) -> dict[UUID, int]:
    """Active objects by collection, counted up to a little over ``MOST_COUNTED``."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.id, found.number FROM unnest(%s::uuid[]) AS wanted(id),
                LATERAL (SELECT count(*) AS number FROM (
                    SELECT 1 FROM collections_app_object object
                    WHERE object.collection_id = wanted.id
                        AND (object.ends_at IS NULL OR object.ends_at > now())
                    ORDER BY object.seq LIMIT %s) counted) found
            """,
            [list(ids), MOST_COUNTED + 1],
        )
        return dict(cursor.fetchall())


def _last_reads(ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When objects of each collection were last listed, through an index for each."""
    entries = AuditEntry.objects.filter(
        target_id=Cast(OuterRef("pk"), CharField()), action="object.read"
    )
    latest = Subquery(entries.order_by("-id").values("at")[:1])
    rows = Collection.objects.filter(pk__in=ids).annotate(last_read=latest)
    return {pk: at for pk, at in rows.values_list("pk", "last_read") if at is not None}
