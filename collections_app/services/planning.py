"""Which objects are meant: what the database tells, and what only opened values tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings

from collections_app import codec
from collections_app.errors import timed_out
from collections_app.rows import read
from collections_app.rows.read import Condition, StoredObject
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import claims, outgoing
from vaultportal.identity.actor import Actor

SCANNED_AT_ONCE = 500
FIRST_OF_CLAIMS = 10_000  # beyond the numbers of the conditions that a caller may send
_COLUMN_OF = {
    "id": "object.object_id::text",
    "_owner_id": "(SELECT owner.object_id::text FROM collections_app_object owner"
    " WHERE owner.seq = object.owner_id)",
    "_owner_collection": "(SELECT owning.name FROM collections_app_object owner"
    " JOIN collections_app_collection owning ON owning.id = owner.collection_id"
    " WHERE owner.seq = object.owner_id)",
    "_tenant_id": "object.tenant_id",
    "_creation_time": "object.created_at",
    "_modification_time": "object.modified_at",
    "_expiration_time": "object.ends_at",
}


@dataclass(slots=True)
class Plan:
    """conditions: what the database decides. checks: what only the opened value tells."""

    conditions: list[Condition] = field(default_factory=list)
    checks: list[tuple[PropertySchema, Callable[[Any], bool]]] = field(default_factory=list)


def add_equal(
    schema: CollectionSchema, plan: Plan, number: int, each: PropertySchema, wanted: list[Any]
) -> None:
    """Demand one of the normalized values ``wanted``, None among them for "has no value".

    number: tells the parameters of this condition from those of the others.
    """
    present = [value for value in wanted if value is not None]
    has_null = len(present) < len(wanted)
    if each.is_builtin or not each.is_encrypted:
        plan.conditions.append(_clear(schema, each, number, present, has_null=has_null))
    elif each.is_searched and each.is_index_ready and not has_null:
        plan.conditions.append(_indexed(schema, each, number, present))
    else:
        plan.checks.append((each, lambda value: value in wanted))


def _indexed(
    schema: CollectionSchema, each: PropertySchema, number: int, values: list[Any]
) -> Condition:
    keys = [key for value in values for key in codec.index_keys(schema, each, value)]
    return Condition(
        "object.seq IN (SELECT entry.object_id FROM collections_app_indexentry entry"  # noqa: S608 a number names parameters
        f" WHERE entry.property_id = %(property{number})s"
        f" AND entry.key = ANY(%(keys{number})s::bytea[]))",
        {f"property{number}": each.id, f"keys{number}": keys},
    )


def _clear(
    schema: CollectionSchema,
    each: PropertySchema,
    number: int,
    values: list[Any],
    *,
    has_null: bool,
) -> Condition:
    parts: list[str] = []
    params: dict[str, Any] = {}
    if each.is_builtin:
        column = _COLUMN_OF[each.name]
        kind = "timestamptz" if each.name.endswith("_time") else "text"
        if values:
            parts.append(f"{column} = ANY(%(values{number})s::{kind}[])")
            params[f"values{number}"] = values
    else:
        column = f"(object.clear -> '{each.id:d}')"
        if values and each.is_searched and each.is_index_ready:
            found = _indexed(schema, each, number, values)
            parts.append(found.sql)
            params |= found.params
        if values:  # an index key stands for a long value only in part
            parts_sql = f"{column} = ANY(%(values{number})s::jsonb[])"
            parts = [f"({parts[0]} AND {parts_sql})"] if parts else [parts_sql]
            params[f"values{number}"] = [orjson.dumps(value).decode() for value in values]
    if has_null:
        parts.append(f"{column} IS NULL")
    return Condition(f"({' OR '.join(parts)})" if parts else "false", params)


def add_claims(actor: Actor, schema: CollectionSchema, plan: Plan) -> None:
    """Keep to the objects that a restricted actor may touch."""
    for number, (each, values) in enumerate(claims.wanted(actor, schema), FIRST_OF_CLAIMS):
        add_equal(schema, plan, number, each, values)


def scan(
    schema: CollectionSchema, plan: Plan, conditions: Sequence[Condition], *, after: int
) -> Iterator[StoredObject]:
    """What the database lets through and the opened values confirm, in the order of insertion.

    A batch is one statement and is opened at once; no more than a batch is held.

    Raises:
        Unavailable: PV1009, the time of a request is over and there was still something to open.
    """
    needed = {each.name: each for each, _ in plan.checks}
    until = time.monotonic() + float(settings.PVAULT_SERVICE_TIMEOUT_SECONDS)
    while True:
        rows = read.select(
            schema, [*plan.conditions, *conditions], after=after, limit=SCANNED_AT_ONCE
        )
        for stored, values in zip(rows, outgoing.open_many(schema, rows, needed), strict=True):
            if all(check(values[each.name]) for each, check in plan.checks):
                yield stored
        if len(rows) < SCANNED_AT_ONCE:
            return
        if time.monotonic() > until:
            raise timed_out()
        after = rows[-1].seq
