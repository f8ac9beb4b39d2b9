"""Schema changes that every object must follow: batch after batch, each in its own transaction.

The job's row is the truth: a worker that dies loses at most one batch, and whoever claims the row
next goes on from its cursor. Objects are readable and writable all the while.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from collections_app import catalog, codec, hardening
from collections_app.models import IndexEntry, Object, Property, SchemaJob, SubstringEntry, Token
from collections_app.models.claiming import LEASE
from collections_app.rows import change, read
from collections_app.rows.statements import run
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import outgoing
from vaultportal import trail
from vaultportal.crypto import rotation
from vaultportal.crypto.blind_index import index_scope
from vaultportal.crypto.models import ObjectKey
from vaultportal.identity import actor

BATCH = 500


class NotYet(Exception):
    """Transactions that began before the change are still open: come back later."""


def run_job(job_id: str) -> None:
    """Do the whole job, or what is left of it; nothing when another worker has it.

    Raises:
        NotYet: a transaction is still open that began before the change and may not know of it.
    """
    started = SchemaJob.objects.filter(pk=job_id).values_list("started_at", flat=True).first()
    if started is None:
        started = timezone.now()
        SchemaJob.objects.filter(pk=job_id, started_at=None).update(started_at=started)
    if _has_older_transactions(started):
        raise NotYet
    run_steps(job_id)


def run_steps(job_id: str) -> None:
    """Claim the job and go through its batches to the end."""
    if not SchemaJob.objects.claim(job_id):
        return
    job = SchemaJob.objects.select_related("collection").get(pk=job_id)
    if not job.total:
        job.total = Object.objects.filter(collection=job.collection_id).count()
        job.save(update_fields=["total"])
    try:
        while one_batch(job):
            pass
    except hardening.Refused as refusal:
        _refuse(job, str(refusal))
    else:
        _finish(job)


def _has_older_transactions(moment: datetime) -> bool:
    """Whether a transaction may still write by the schema as it was before ``moment``."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                AND pid <> pg_backend_pid() AND xact_start < %s AND state <> 'idle')
            """,
            [moment],
        )
        return bool(cursor.fetchone()[0])


Step = Callable[[SchemaJob], list[int]]


def one_batch(job: SchemaJob) -> bool:
    """One batch and the cursor behind it; False when nothing was left."""
    with transaction.atomic():
        seqs = _STEPS[SchemaJob.Kind(job.kind)](job)
        job.cursor = max(seqs, default=job.cursor)
        job.done += len(seqs)
        job.lease_until = timezone.now() + LEASE
        job.save(update_fields=["cursor", "done", "lease_until"])
    return bool(seqs)


def _record(job: SchemaJob, **outcome: str) -> None:
    target = trail.Target("collection", str(job.collection_id), job.collection.name)
    trail.record(
        actor.system(),
        "collection.change",
        target,
        kind=job.kind,
        property=job.property_name,
        objects=job.done,
        requested_by=str(job.requested_by_id or ""),
        **outcome,
    )


@trail.unit()
def _refuse(job: SchemaJob, message: str) -> None:
    _record(job, outcome="failure")
    hardening.give_up(job, message)


@trail.unit()
def _finish(job: SchemaJob) -> None:
    _record(job)
    SchemaJob.objects.filter(pk=job.pk).update(
        state=SchemaJob.State.DONE, finished_at=timezone.now(), lease_until=None
    )
    if job.kind == SchemaJob.Kind.INDEX:
        Property.objects.filter(pk=job.property_id or 0).update(is_index_ready=True)
    elif job.kind in (SchemaJob.Kind.UNIQUE, SchemaJob.Kind.ENCRYPT):
        hardening.succeed(job)
    elif job.kind == SchemaJob.Kind.PURGE_COLLECTION:
        rotation.destroy_scope(job.collection.scope)
        rotation.destroy_scope(index_scope(job.collection.scope))
        job.collection.delete()


def _index(job: SchemaJob) -> list[int]:
    """Give the next objects their index entry."""
    loaded = _loaded(job)
    if loaded is None:
        return []
    schema, each = loaded
    objects = read.select(schema, [], after=job.cursor, limit=BATCH, lock=True)
    opened = outgoing.open_many(schema, objects, {each.name: each})
    entries = [
        (stored.seq, codec.index_key(schema, each, values[each.name]))
        for stored, values in zip(objects, opened, strict=True)
        if values[each.name] is not None
    ]
    run(
        """
        INSERT INTO collections_app_indexentry (object_id, property_id, key, guard)
        SELECT seq, %s, key, false FROM unnest(%s::bigint[], %s::bytea[]) AS row(seq, key)
        ON CONFLICT (object_id, property_id) DO UPDATE SET key = excluded.key
        """,
        [each.id, [seq for seq, _ in entries], [key for _, key in entries]],
    )
    return [stored.seq for stored in objects]


def _loaded(job: SchemaJob) -> tuple[CollectionSchema, PropertySchema] | None:
    """The schema and property of a job; None when either is gone, or what the job is for."""
    schema = catalog.refresh().collections.get(job.collection.name)
    each = schema.by_id.get(job.property_id or 0) if schema else None
    if schema is None or each is None:
        return None
    is_wanted = {
        SchemaJob.Kind.INDEX: each.is_searched,
        SchemaJob.Kind.UNIQUE: each.is_guarding,
        SchemaJob.Kind.ENCRYPT: each.is_sealing,
    }[SchemaJob.Kind(job.kind)]
    return (schema, each) if is_wanted else None


def _unique(job: SchemaJob) -> list[int]:
    """Guard the values of the next objects."""
    loaded = _loaded(job)
    if loaded is None:
        return []
    schema, each = loaded
    batch = hardening.next_batch(schema, job, BATCH)
    hardening.guard_values(schema, each, batch)
    return [stored.seq for stored in batch]


def _encrypt(job: SchemaJob) -> list[int]:
    """Seal the clear values of the next objects."""
    loaded = _loaded(job)
    if loaded is None:
        return []
    schema, each = loaded
    batch = hardening.next_batch(schema, job, BATCH)
    hardening.seal_values(schema, each, batch)
    return [stored.seq for stored in batch]


def _drop_index(job: SchemaJob) -> list[int]:
    """Take the next entries away, unless the property has an index again."""
    row = Property.objects.filter(pk=job.property_id or 0).first()
    if row is not None and (row.is_index or row.is_unique or row.is_guarding):
        return []
    entries = IndexEntry.objects.filter(property_id=job.property_id or 0, object_id__gt=job.cursor)
    seqs = list(entries.order_by("object_id").values_list("object_id", flat=True)[:BATCH])
    IndexEntry.objects.filter(property_id=job.property_id or 0, object_id__in=seqs).delete()
    return seqs


def _erase_property(job: SchemaJob) -> list[int]:
    """Take all that is of the property from the next objects and tokens."""
    number = job.property_id or 0
    rows = list(
        Object.objects.select_for_update()
        .filter(collection=job.collection_id, seq__gt=job.cursor)
        .order_by("seq")
        .values_list("seq", "cells")[:BATCH]
    )
    seqs = [seq for seq, _ in rows]
    for model in (IndexEntry, SubstringEntry):
        model._base_manager.filter(property_id=number, object_id__in=seqs).delete()
    run(
        """
        UPDATE collections_app_object object SET cells = row.cells, clear = object.clear - %s::text
        FROM unnest(%s::bigint[], %s::bytea[]) AS row(seq, cells) WHERE object.seq = row.seq
        """,
        [str(number), seqs, [_without(bytes(cells), number) for _, cells in rows]],
    )
    tokens = Token.objects.select_for_update().filter(
        collection=job.collection_id, props__contains=[number]
    )
    for token in tokens.order_by("pk")[:BATCH]:
        token.props = [each for each in token.props if each != number]
        token.cells = _without(bytes(token.cells), number)
        token.lookup = None  # it was made of values that are no longer there
        token.save(update_fields=["props", "cells", "lookup"])
    return seqs


def _without(packed: bytes, number: int) -> bytes:
    cells = codec.unpack(packed)
    cells.pop(number, None)
    return codec.pack(cells)


def _purge(job: SchemaJob) -> list[int]:
    """Erase the next objects with their keys, then the tokens that had none."""
    seqs = list(
        Object.objects.filter(collection=job.collection_id)
        .order_by("seq")
        .values_list("seq", flat=True)[:BATCH]
    )
    if seqs:
        change.erase(seqs)
        return seqs
    tokens = list(
        Token.objects.filter(collection=job.collection_id).values_list("pk", "key_id")[:BATCH]
    )
    ObjectKey.objects.filter(pk__in=[key_id for _, key_id in tokens]).delete()
    Token.objects.filter(pk__in=[number for number, _ in tokens]).delete()
    return [number for number, _ in tokens]


_STEPS: dict[SchemaJob.Kind, Step] = {
    SchemaJob.Kind.INDEX: _index,
    SchemaJob.Kind.DROP_INDEX: _drop_index,
    SchemaJob.Kind.UNIQUE: _unique,
    SchemaJob.Kind.ENCRYPT: _encrypt,
    SchemaJob.Kind.ERASE_PROPERTY: _erase_property,
    SchemaJob.Kind.PURGE_COLLECTION: _purge,
}
