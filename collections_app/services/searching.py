"""Find objects by values: through the index where there is one, else by opening them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from django.conf import settings

from collections_app import catalog, grams, resources
from collections_app.errors import (
    bad_request,
    not_searchable,
    property_missing,
    substring_index_building,
)
from collections_app.permissions import Capability
from collections_app.rows.read import Condition
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import guard, outgoing, planning
from collections_app.services.custom_values import checked_by_code
from collections_app.services.incoming import normalize
from collections_app.services.options import ReadOptions
from collections_app.services.planning import Plan
from collections_app.services.reading import Page, check_size, paged
from vaultportal import trail
from vaultportal.identity.actor import Actor

PARTS = ("match", "in", "like")
MOST_CONDITIONS = 100


@checked_by_code(Capability.DATA_SEARCHER)
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
        return paged(actor, schema, columns, plan, options, size, cursor, described)

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
        # The standard library's: what is searched for may be a number beyond 64 bits.
        trail.term(json.dumps([part, query[part]], separators=(",", ":")))
        for part in PARTS
        if query.get(part)
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
    planning.add_equal(schema, plan, number, each, wanted)


def _add_like(
    schema: CollectionSchema, plan: Plan, number: int, each: PropertySchema, pattern: Any
) -> None:
    if not each.is_substring_index:
        raise not_searchable(each.name, "has no substring index")
    if not isinstance(pattern, str) or len(pattern) > 1000:
        raise bad_request(f"like.{each.name}", "must be a pattern of at most 1000 characters")
    glob = grams.Glob(pattern)
    if glob.literal is not None:
        planning.add_equal(schema, plan, number, each, [normalize(each, glob.literal)])
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
