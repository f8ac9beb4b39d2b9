"""Changing and erasing objects that the caller has locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from collections_app.rows.statements import fetch, run
from collections_app.schema.compiled import CollectionSchema


@dataclass(frozen=True, slots=True)
class ChangedObject:
    """What a row becomes. created_at and modified_at may be None: unchanged, and now."""

    seq: int
    tenant_id: str | None
    owner: int | None
    created_at: datetime | None
    modified_at: datetime | None
    expires_at: datetime | None
    ends_at: datetime | None
    clear: str
    cells: bytes


def update(schema: CollectionSchema, objects: Sequence[ChangedObject]) -> None:
    """Write ``objects``, and hand their end on to what they own: one statement."""
    run(
        """
        WITH input AS (
            SELECT * FROM unnest(%(seqs)s::bigint[], %(tenants)s::text[], %(owners)s::bigint[],
                %(created)s::timestamptz[], %(modified)s::timestamptz[], %(expires)s::timestamptz[],
                %(ends)s::timestamptz[], %(clear)s::text[], %(cells)s::bytea[])
            AS row(seq, tenant_id, owner_id, created_at, modified_at, expires_at, ends_at, clear,
                cells)
        ),
        changed AS (
            UPDATE collections_app_object object SET version = object.version + 1,
                tenant_id = input.tenant_id, owner_id = input.owner_id,
                created_at = coalesce(input.created_at, object.created_at),
                modified_at = coalesce(input.modified_at, now()),
                expires_at = input.expires_at, ends_at = input.ends_at, is_end_told = false,
                clear = input.clear::jsonb, cells = input.cells,
                grams_due = object.grams_due OR %(grams_due)s
            FROM input WHERE object.seq = input.seq
            RETURNING object.seq, object.expires_at
        )
        UPDATE collections_app_object owned
        SET ends_at = least(owned.expires_at, changed.expires_at)
        FROM changed WHERE owned.owner_id = changed.seq
        """,
        {
            "grams_due": schema.has_substrings,
            "seqs": [each.seq for each in objects],
            "tenants": [each.tenant_id for each in objects],
            "owners": [each.owner for each in objects],
            "created": [each.created_at for each in objects],
            "modified": [each.modified_at for each in objects],
            "expires": [each.expires_at for each in objects],
            "ends": [each.ends_at for each in objects],
            "clear": [each.clear for each in objects],
            "cells": [each.cells for each in objects],
        },
    )


def erase(seqs: Sequence[int]) -> list[UUID]:
    """Erase objects with their keys, index entries and tokens; what they own is archived.

    Without the key rows no copy of the cells opens again, wherever it lies. One statement.
    Returns the ids of the erased objects.
    """
    rows = fetch(
        """
        WITH gone AS (
            DELETE FROM collections_app_object WHERE seq = ANY(%(seqs)s::bigint[])
            RETURNING seq, object_id, key_id
        ),
        entries AS (
            DELETE FROM collections_app_indexentry entry USING gone
            WHERE entry.object_id = gone.seq
        ),
        grams AS (
            DELETE FROM collections_app_substringentry gram USING gone
            WHERE gram.object_id = gone.seq
        ),
        tokens AS (
            DELETE FROM collections_app_token token USING gone WHERE token.object_id = gone.seq
            RETURNING token.key_id
        ),
        keys AS (
            DELETE FROM crypto_object_key WHERE object_id IN (
                SELECT key_id FROM gone UNION ALL SELECT key_id FROM tokens)
        ),
        owned AS (
            UPDATE collections_app_object owned SET owner_id = NULL,
                ends_at = least(owned.ends_at, now()),
                expires_at = least(owned.expires_at, now())
            FROM gone WHERE owned.owner_id = gone.seq AND owned.seq <> ALL(%(seqs)s::bigint[])
        )
        SELECT object_id FROM gone
        """,
        {"seqs": list(seqs)},
    )
    return [row[0] for row in rows]
