"""Find objects by values: through the index where there is one, else by opening them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from itertools import islice
from typing import Any

import orjson
from django.conf import settings

from collections_app import catalog, codec, grams, resources
from collections_app.errors import (
    bad_request,
    not_searchable,
    property_missing,
    substring_index_building,
)
from collections_app.permissions import Capability
from collections_app.rows import read
from collections_app.rows.read import Condition, StoredObject
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import cursors, guard, outgoing
from collections_app.services.incoming import normalize
from collections_app.services.options import ReadOptions
from collections_app.services.reading import (
    Page,
    check_size,
    paged,
    scope_conditions,
    show,
)
from vaultportal import trail
from vaultportal.identity.actor import Actor

PARTS = ("match", "in", "like")
MOST_CONDITIONS = 100
SCANNED_AT_ONCE = 500
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


def search_objects(
    actor: Actor,
    collection: str,
    query: Mapping[str, Any],
    options: ReadOptions,
    *,
    page_size: int | None = None,
    cursor: str = "",
) -> Page:
    """A page of the objects that meet every condition of ``query``.

    query: ``match`` {property: value}, ``in`` {property: [values]}, ``like`` {property: pattern}.

    Raises:
        Invalid: PV1012 for the shape, PV3002 for a value, PV9016 for what cannot be searched.
        Unavailable: PV3274, the substring index is not built yet.

    Source: Piiano Vault, ``POST /data/collections/{collection}/query/objects``.
    """
    guard.require(actor, Capability.DATA_SEARCHER, collection)
    size = check_size(page_size)

    def work(schema: CollectionSchema) -> Page:
        asked = _read(schema, query)
        columns = outgoing.chosen_columns(schema, options)
        touched = [each for _, each, _ in asked if each.name != "id"]
        named = resources.of_properties(schema, touched, archived=options.archived)
        guard.vote(actor, "search", schema, named)
        shown = outgoing.resources_of(schema, columns, archived=options.archived)
        guard.vote(actor, "read", schema, shown)
        plan = Plan()
        for number, (part, each, value) in enumerate(asked):
            _add(schema, plan, number, part, each, value)
        described = ("search", str(schema.id), query, astuple(options))
        if not plan.checks:
            return paged(actor, schema, columns, plan.conditions, options, size, cursor, described)
        return _scanned(actor, schema, columns, plan, options, size, cursor, described)

    with trail.read_unit():
        trail.record(
            actor,
            "object.search",
            trail.Target("collection", "", collection),
            terms=_terms(query),
        )
        return catalog.run(collection, work)


def _terms(query: Mapping[str, Any]) -> list[Any]:
    """The searched terms as keyed digests: who guesses leaves a pattern, and no value."""
    return [
        trail.term(orjson.dumps([part, query[part]]).decode()) for part in PARTS if query.get(part)
    ]


def _read(
    schema: CollectionSchema, query: Mapping[str, Any]
) -> list[tuple[str, PropertySchema, Any]]:
    """Part, property and what is looked for, of every condition."""
    if unknown := query.keys() - set(PARTS):
        raise bad_request(sorted(unknown)[0], "is not known here")
    found: list[tuple[str, PropertySchema, Any]] = []
    for part in PARTS:
        conditions = query.get(part)
        if conditions is None:
            continue
        if not isinstance(conditions, dict):
            raise bad_request(part, "must be an object")
        for name, value in conditions.items():
            each = schema.find(name)
            if each is None:
                raise property_missing(name)
            if part == "in" and not isinstance(value, list):
                raise bad_request(f"in.{name}", "must be an array")
            found.append((part, each, value))
    if not found:
        raise bad_request("body", "must hold a condition in match, in or like")
    if len(found) > MOST_CONDITIONS:
        raise bad_request("body", f"must hold at most {MOST_CONDITIONS} conditions")
    return found


def _add(
    schema: CollectionSchema, plan: Plan, number: int, part: str, each: PropertySchema, value: Any
) -> None:
    if part == "like":
        _add_like(schema, plan, number, each, value)
        return
    values = value if part == "in" else [value]
    if len(values) > settings.PVAULT_SERVICE_MAX_PAGE_SIZE:
        raise bad_request(f"in.{each.name}", "holds too many values")
    wanted = [None if item is None else normalize(each, item) for item in values]
    _add_equal(schema, plan, number, each, wanted)


def _add_equal(
    schema: CollectionSchema, plan: Plan, number: int, each: PropertySchema, wanted: list[Any]
) -> None:
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


def _add_like(
    schema: CollectionSchema, plan: Plan, number: int, each: PropertySchema, pattern: Any
) -> None:
    if not each.is_substring_index:
        raise not_searchable(each.name, "has no substring index")
    if not isinstance(pattern, str) or len(pattern) > 1000:
        raise bad_request(f"like.{each.name}", "must be a pattern of at most 1000 characters")
    glob = grams.Glob(pattern)
    if glob.literal is not None:
        _add_equal(schema, plan, number, each, [normalize(each, glob.literal)])
        return
    if len(glob.pieces) < grams.FEWEST:
        raise not_searchable(each.name, "must be searched with a longer pattern")
    if not each.is_substring_ready:
        raise substring_index_building()
    plan.conditions.append(
        Condition(
            "object.seq IN (SELECT piece.object_id FROM collections_app_substringentry piece"  # noqa: S608 as above
            f" WHERE piece.property_id = %(property{number})s"
            f" AND piece.grams @> %(grams{number})s::bigint[])",
            {
                f"property{number}": each.id,
                f"grams{number}": grams.hashes(schema, each, glob.pieces),
            },
        )
    )
    plan.checks.append((each, glob.matches))


def _scanned(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[outgoing.Column],
    plan: Plan,
    options: ReadOptions,
    size: int,
    cursor: str,
    described: Sequence[Any],
) -> Page:
    """A page of what the database lets through and the opened values confirm."""
    after = cursors.open_(cursor, described)
    most = size + int(settings.PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT)
    hits = list(islice(_hits(schema, plan, options, after), most))
    page = show(actor, schema, columns, hits[:size], options)
    remaining = len(hits) - len(page.results)
    sealed = cursors.seal(hits[size - 1].seq, described) if remaining else ""
    return Page(page.results, remaining, sealed)


def _hits(schema: CollectionSchema, plan: Plan, options: ReadOptions, after: int) -> Any:
    needed = {each.name: each for each, _ in plan.checks}
    while True:
        rows = read.select(
            schema,
            [*plan.conditions, *scope_conditions(options)],
            after=after,
            limit=SCANNED_AT_ONCE,
        )
        for stored in rows:
            if _confirmed(schema, stored, needed, plan):
                yield stored
        if len(rows) < SCANNED_AT_ONCE:
            return
        after = rows[-1].seq


def _confirmed(
    schema: CollectionSchema,
    stored: StoredObject,
    needed: Mapping[str, PropertySchema],
    plan: Plan,
) -> bool:
    values = outgoing.open_values(schema, stored, needed)
    return all(check(values[each.name]) for each, check in plan.checks)
