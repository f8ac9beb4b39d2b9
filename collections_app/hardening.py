"""The batches that make a property unique or encrypted over what is there; see ``jobs``."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from collections_app import codec
from collections_app.models import Property, SchemaJob
from collections_app.rows import read
from collections_app.rows.entries import Entry, release_ended
from collections_app.rows.read import StoredObject
from collections_app.rows.statements import fetch, run
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import outgoing


class Refused(Exception):
    """The job would break what is there; the message names objects by their ids."""


def guard_values(
    schema: CollectionSchema, each: PropertySchema, batch: Sequence[StoredObject]
) -> None:
    """Guard the values of the active objects of a batch.

    Raises:
        Refused: two active objects have the same value.
    """
    now = timezone.now()
    entries: list[Entry] = []
    holders: dict[bytes, StoredObject] = {}
    values = outgoing.open_many(schema, batch, {each.name: each})
    for stored, opened in zip(batch, values, strict=True):
        value = opened[each.name]
        if value is None:
            continue
        key = codec.index_key(schema, each, value)
        is_active = stored.ends_at is None or stored.ends_at > now
        if is_active and (other := holders.setdefault(key, stored)) is not stored:
            raise _alike(other.object_id, stored.object_id)
        entries.append(Entry(each.id, key, is_active, stored.seq))
    release_ended([entry for entry in entries if entry.guard])
    try:
        with transaction.atomic():  # a savepoint: who holds the value is asked afterwards
            put_entries(entries)
    except IntegrityError:
        raise _find_holder(each, holders) from None


def put_entries(entries: Sequence[Entry]) -> None:
    """Write index entries over those that are there: one statement."""
    run(
        """
        INSERT INTO collections_app_indexentry (object_id, property_id, key, guard)
        SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bytea[], %s::bool[])
        ON CONFLICT (object_id, property_id)
            DO UPDATE SET key = excluded.key, guard = excluded.guard
        """,
        [
            [entry.seq for entry in entries],
            [entry.property_id for entry in entries],
            [entry.key for entry in entries],
            [entry.guard for entry in entries],
        ],
    )


def _find_holder(each: PropertySchema, holders: dict[bytes, StoredObject]) -> Refused:
    rows = fetch(
        """
        SELECT entry.key, object.object_id FROM collections_app_indexentry entry
        JOIN collections_app_object object ON object.seq = entry.object_id
        WHERE entry.property_id = %s AND entry.guard AND entry.key = ANY(%s::bytea[])
        """,
        [each.id, list(holders)],
    )
    for key, object_id in rows:
        if object_id != holders[bytes(key)].object_id:
            return _alike(object_id, holders[bytes(key)].object_id)
    return Refused("Two objects have the same value.")


def _alike(one: object, other: object) -> Refused:
    return Refused(f"Objects {one} and {other} have the same value.")


def seal_values(
    schema: CollectionSchema, each: PropertySchema, batch: Sequence[StoredObject]
) -> None:
    """Move the clear values of a batch into sealed cells, and their index entries with them."""
    number = str(each.id)
    clear = [stored for stored in batch if stored.clear.get(number) is not None]
    keys = outgoing.open_keys(schema, clear)
    packed: list[bytes] = []
    entries: list[Entry] = []
    for stored in clear:
        value = stored.clear[number]
        sealed = codec.seal_cells(keys[stored.key_id], schema, stored.key_id, [(each, value)])
        packed.append(codec.pack(codec.unpack(stored.cells) | sealed))
        if each.is_searched:
            key = codec.index_key(schema, each, value)
            entries.append(Entry(each.id, key, guard=False, seq=stored.seq))
    run(
        """
        UPDATE collections_app_object object SET cells = row.cells, clear = object.clear - %s::text
        FROM unnest(%s::bigint[], %s::bytea[]) AS row(seq, cells) WHERE object.seq = row.seq
        """,
        [number, [stored.seq for stored in clear], packed],
    )
    put_entries(entries)


def next_batch(schema: CollectionSchema, job: SchemaJob, size: int) -> list[StoredObject]:
    """The objects behind the cursor, held until the batch is through."""
    return read.select(schema, [], after=job.cursor, limit=size, lock=True)


def succeed(job: SchemaJob) -> None:
    """The property is now what was asked for."""
    found = Property.objects.filter(pk=job.property_id or 0)
    if job.kind == SchemaJob.Kind.UNIQUE:
        found.filter(is_guarding=True).update(
            is_guarding=False, is_unique=True, is_index_ready=True
        )
    else:
        found.update(is_sealing=False, is_index_ready=True)


def give_up(job: SchemaJob, message: str) -> None:
    """The property is again what it was; what was guarded for nothing goes by a job of its own."""
    SchemaJob.objects.filter(pk=job.pk).update(
        state=SchemaJob.State.FAILED,
        failure=message,
        finished_at=timezone.now(),
        lease_until=None,
    )
    row = Property.objects.filter(pk=job.property_id or 0).first()
    if row is None:
        return
    row.is_guarding = False
    row.is_index_ready = True
    row.save(update_fields=["is_guarding", "is_index_ready"])
    if not row.is_index:  # the sweep rings for it
        SchemaJob.objects.create(
            collection_id=job.collection_id,
            kind=SchemaJob.Kind.DROP_INDEX,
            property_id=row.pk,
            property_name=row.name,
        )
