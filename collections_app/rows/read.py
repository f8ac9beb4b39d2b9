"""Reading objects by id, by page, by condition; each statement brings the schema's epoch along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from collections_app.catalog import SchemaMoved
from collections_app.rows.statements import fetch
from collections_app.schema.compiled import CollectionSchema


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One row as it lies there, still sealed."""

    seq: int
    object_id: UUID
    key_id: UUID
    tenant_id: str | None
    version: int
    created_at: datetime
    modified_at: datetime
    expires_at: datetime | None
    ends_at: datetime | None
    clear: Mapping[str, Any]
    cells: bytes = field(repr=False)
    key_version: int = 0
    wrapped: bytes = field(default=b"", repr=False)
    owner: int | None = None
    owner_id: UUID | None = None
    owner_collection: str | None = None
    owner_ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL condition on ``object`` and its parameters."""

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)


ACTIVE = Condition("(object.ends_at IS NULL OR object.ends_at > now())")
ARCHIVED = Condition("object.ends_at <= now()")

_COLUMNS = """object.seq, object.object_id, object.key_id, object.tenant_id, object.version,
    object.created_at, object.modified_at, object.expires_at, object.ends_at, object.clear::text,
    object.cells, key.data_key_version, key.wrapped, object.owner_id, owner.object_id AS owner_uuid,
    owning.name AS owner_collection, owner.ends_at AS owner_ends_at"""
_JOINS = """LEFT JOIN crypto_object_key key ON key.object_id = object.key_id
    LEFT JOIN collections_app_object owner ON owner.seq = object.owner_id
    LEFT JOIN collections_app_collection owning ON owning.id = owner.collection_id"""


def in_tenants(tenants: Sequence[str]) -> Condition:
    """Objects of one of ``tenants``."""
    return Condition("object.tenant_id = ANY(%(tenants)s::text[])", {"tenants": list(tenants)})


def with_ids(ids: Sequence[UUID]) -> Condition:
    """Objects with one of ``ids``."""
    return Condition("object.object_id = ANY(%(object_ids)s::uuid[])", {"object_ids": list(ids)})


def select(
    schema: CollectionSchema,
    conditions: Sequence[Condition],
    *,
    after: int = 0,
    limit: int | None = None,
    lock: bool = False,
) -> list[StoredObject]:
    """Rows that meet all ``conditions``, in the order of insertion, after the number ``after``.

    lock: they stay as they are until the transaction ends; locked in order, so that two callers
    with the same rows wait and do not deadlock.
    """
    where, params = _where(schema, conditions, after)
    cut = f"LIMIT {limit:d}" if limit is not None else ""
    locked = "FOR UPDATE OF object" if lock else ""
    rows = fetch(
        f"""
        SELECT epoch.value, page.* FROM collections_app_schemaepoch epoch LEFT JOIN (
            SELECT {_COLUMNS} FROM collections_app_object object {_JOINS}
            WHERE {where} ORDER BY object.seq {cut} {locked}
        ) page ON true ORDER BY page.seq
        """,  # noqa: S608 the parts are constants of this module and whole numbers
        params,
    )
    return _stored(schema, rows)


def page(
    schema: CollectionSchema,
    conditions: Sequence[Condition],
    *,
    after: int,
    size: int,
    most_remaining: int,
) -> tuple[list[StoredObject], int]:
    """One page, and how many rows come after it (counted up to ``most_remaining``).

    The count is in order too: without it PostgreSQL would walk the table from its beginning, since
    it cannot know that all rows behind a cursor lie together at the end.
    """
    where, params = _where(schema, conditions, after)
    rows = fetch(
        f"""
        SELECT epoch.value, (SELECT count(*) FROM (
                SELECT 1 FROM collections_app_object object
                WHERE {where} ORDER BY object.seq LIMIT {size + most_remaining:d}
            ) counted), page.* FROM collections_app_schemaepoch epoch LEFT JOIN (
            SELECT {_COLUMNS} FROM collections_app_object object {_JOINS}
            WHERE {where} ORDER BY object.seq LIMIT {size:d}
        ) page ON true ORDER BY page.seq
        """,  # noqa: S608 the parts are constants of this module and whole numbers
        params,
    )
    stored = _stored(schema, [(row[0], *row[2:]) for row in rows])
    return stored, int(rows[0][1]) - len(stored)


def versions(collection_id: UUID, ids: Sequence[UUID]) -> dict[UUID, int]:
    """The present version of each object that there is, active or archived; one statement."""
    rows = fetch(
        "SELECT object.object_id, object.version FROM collections_app_object object"
        " WHERE object.collection_id = %(collection)s"
        " AND object.object_id = ANY(%(object_ids)s::uuid[])",
        {"collection": collection_id, "object_ids": list(ids)},
    )
    return {row[0]: row[1] for row in rows}


def count(schema: CollectionSchema) -> tuple[int, int]:
    """How many objects are active and archived."""
    row = fetch(
        f"""
        SELECT (SELECT value FROM collections_app_schemaepoch),
            count(*) FILTER (WHERE {ACTIVE.sql}), count(*) FILTER (WHERE {ARCHIVED.sql})
        FROM collections_app_object object WHERE object.collection_id = %(collection)s
        """,  # noqa: S608 the parts are constants of this module
        {"collection": schema.id},
    )[0]
    if row[0] != schema.epoch:
        raise SchemaMoved
    return int(row[1]), int(row[2])


def _where(
    schema: CollectionSchema, conditions: Sequence[Condition], after: int
) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {"collection": schema.id}
    parts = ["object.collection_id = %(collection)s"]
    if after:
        parts.append("object.seq > %(after)s")
        params["after"] = after
    for condition in conditions:
        parts.append(condition.sql)
        params |= condition.params
    return " AND ".join(parts), params


def _stored(schema: CollectionSchema, rows: Sequence[tuple[Any, ...]]) -> list[StoredObject]:
    if rows[0][0] != schema.epoch:
        raise SchemaMoved
    return [
        StoredObject(
            seq=row[1],
            object_id=row[2],
            key_id=row[3],
            tenant_id=row[4],
            version=row[5],
            created_at=row[6],
            modified_at=row[7],
            expires_at=row[8],
            ends_at=row[9],
            clear=orjson.loads(row[10]),
            cells=row[11],
            key_version=row[12] or 0,
            wrapped=row[13] or b"",
            owner=row[14],
            owner_id=row[15],
            owner_collection=row[16],
            owner_ends_at=row[17],
        )
        for row in rows
        if row[1] is not None
    ]
