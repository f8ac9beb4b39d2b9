"""New objects: the object, its key and its index entries in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from collections_app.catalog import SchemaMoved
from collections_app.rows.entries import Entry, insert_entries, release_ended
from collections_app.rows.statements import fetch
from collections_app.schema.compiled import CollectionSchema
from vaultportal.crypto.models import ObjectKey


@dataclass(frozen=True, slots=True)
class NewObject:
    """One row to be: ``clear`` is JSON text, ``cells`` are packed, times are in UTC."""

    object_id: UUID
    key: ObjectKey
    tenant_id: str | None
    owner: int | None
    created_at: datetime | None
    modified_at: datetime | None
    expires_at: datetime | None
    ends_at: datetime | None
    clear: str
    cells: bytes
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each new object, by its id.

    taken: ids that the collection already has. clashes: numbers of unique properties whose value
    another active object has.
    """

    taken: frozenset[UUID]
    clashes: dict[UUID, list[int]]


_INSERT = """
WITH epoch AS MATERIALIZED (SELECT value FROM collections_app_schemaepoch),
input AS (
    SELECT * FROM unnest(
        %(object_ids)b::uuid[], %(key_ids)b::uuid[], %(versions)b::int[], %(wrapped)b::bytea[],
        %(tenants)b::text[], %(owners)b::bigint[], %(created)b::timestamptz[],
        %(modified)b::timestamptz[], %(expires)b::timestamptz[], %(ends)b::timestamptz[],
        %(clear)b::text[], %(cells)b::bytea[]
    ) WITH ORDINALITY AS row(
        object_id, key_id, version, wrapped, tenant_id, owner_id, created_at,
        modified_at, expires_at, ends_at, clear, cells, place)
),
made AS (
    INSERT INTO collections_app_object (collection_id, object_id, key_id, owner_id, tenant_id,
        version, is_end_told, created_at, modified_at, expires_at, ends_at, grams_due, clear, cells)
    SELECT %(collection)s, object_id, key_id, owner_id, tenant_id, 1, false,
        coalesce(created_at, now()), coalesce(modified_at, now()), expires_at, ends_at,
        %(grams_due)s, clear::jsonb, cells
    FROM input WHERE (SELECT value FROM epoch) = %(epoch)s ORDER BY place
    ON CONFLICT (collection_id, object_id) DO NOTHING
    RETURNING seq, object_id, key_id
),
keys AS (
    INSERT INTO crypto_object_key (object_id, scope, data_key_version, wrapped)
    SELECT made.key_id, %(scope)s, input.version, input.wrapped
    FROM made JOIN input USING (key_id)
),
entries AS (
    INSERT INTO collections_app_indexentry (object_id, property_id, key, guard)
    SELECT made.seq, entry.property_id, entry.key, entry.guard
    FROM unnest(%(entry_keys)b::uuid[], %(entry_properties)b::int[], %(entry_digests)b::bytea[],
        %(entry_guards)b::bool[]) AS entry(key_id, property_id, key, guard)
    JOIN made USING (key_id)
    ON CONFLICT (property_id, key) WHERE guard DO NOTHING
    RETURNING object_id, property_id, guard
)
SELECT NULL::uuid, value, NULL::int FROM epoch
UNION ALL SELECT object_id, seq, NULL FROM made
UNION ALL SELECT NULL, object_id, property_id FROM entries WHERE guard
"""


def insert(schema: CollectionSchema, objects: Sequence[NewObject]) -> Outcome:
    """Write ``objects`` in their order; one statement when no unique value is in the way.

    Nothing is undone here: a caller that finds something taken leaves the transaction.
    """
    entries = [(each.key.object_id, entry) for each in objects for entry in each.entries]
    found = fetch(
        _INSERT,
        {
            "epoch": schema.epoch,
            "collection": schema.id,
            "scope": schema.scope,
            "grams_due": schema.has_substrings,
            "object_ids": [each.object_id for each in objects],
            "key_ids": [each.key.object_id for each in objects],
            "versions": [each.key.data_key_version for each in objects],
            "wrapped": [each.key.wrapped for each in objects],
            "tenants": [each.tenant_id for each in objects],
            "owners": [each.owner for each in objects],
            "created": [each.created_at for each in objects],
            "modified": [each.modified_at for each in objects],
            "expires": [each.expires_at for each in objects],
            "ends": [each.ends_at for each in objects],
            "clear": [each.clear for each in objects],
            "cells": [each.cells for each in objects],
            "entry_keys": [key_id for key_id, _ in entries],
            "entry_properties": [entry.property_id for _, entry in entries],
            "entry_digests": [entry.key for _, entry in entries],
            "entry_guards": [entry.guard for _, entry in entries],
        },
    )
    if found[0][1] != schema.epoch:
        raise SchemaMoved
    seqs = {row[0]: row[1] for row in found[1:] if row[0] is not None}
    guarded = {(row[1], row[2]) for row in found[1:] if row[0] is None}
    taken = frozenset(each.object_id for each in objects if each.object_id not in seqs)
    missing = [
        entry.at(seqs[each.object_id])
        for each in objects
        if each.object_id in seqs
        for entry in each.entries
        if entry.guard and (seqs[each.object_id], entry.property_id) not in guarded
    ]
    clashes: dict[UUID, list[int]] = {}
    if missing:
        release_ended(missing)
        ids = {seq: object_id for object_id, seq in seqs.items()}
        for seq, number in insert_entries(missing):
            clashes.setdefault(ids[seq], []).append(number)
    return Outcome(taken, clashes)
