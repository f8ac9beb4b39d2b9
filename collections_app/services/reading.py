"""Read objects: one by id, several by id, page by page; and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings

from collections_app import catalog, resources
from collections_app.errors import bad_request, bad_size, objects_missing
from collections_app.permissions import Capability
from collections_app.rows import read
from collections_app.rows.read import Condition, StoredObject
from collections_app.schema.checks import BadValue, object_id
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import claims, cursors, export, guard, outgoing, planning, tracing
from collections_app.services.options import ReadOptions
from collections_app.services.outgoing import Column
from collections_app.services.planning import Plan
from vaultportal import trail
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Page:
    """``results`` in the order of insertion, and what comes after them."""

    results: list[dict[str, Any]]
    remaining: int = 0
    cursor: str = ""


def parse_id(text: str) -> UUID:
    """An object id of an address or a parameter, or PV1012."""
    try:
        return UUID(object_id(text))
    except BadValue as refusal:
        raise bad_request("id", str(refusal)) from None


def get_object(actor: Actor, collection: str, id_text: str, options: ReadOptions) -> dict[str, Any]:
    """One object, with the properties that the options choose.

    Raises:
        Forbidden: capability, a policy on one of the properties, or tenant.
        NotFound: PV1004, PV3004, or PV3005 with the id as it was sent, lower-cased.

    Source: Piiano Vault, ``GET /data/collections/{collection}/objects/{id}``.
    """
    guard.require(actor, Capability.OBJECTS_READER, collection)
    with trail.read_unit():
        return catalog.run(collection, partial(_get, actor, parse_id(id_text), options))


def _get(
    actor: Actor, wanted: UUID, options: ReadOptions, schema: CollectionSchema
) -> dict[str, Any]:
    columns = outgoing.chosen_columns(schema, options)
    _vote(actor, schema, columns, options, Capability.OBJECTS_READER)
    stored = _by_ids(actor, schema, [wanted], options)[0]
    target = tracing.object_target(schema, stored.object_id, stored.version)
    trail.record(actor, "object.read", target, **_keys(columns))
    return outgoing.render(actor, schema, columns, [stored], param=options.param)[0]


def list_objects(
    actor: Actor,
    collection: str,
    options: ReadOptions,
    *,
    ids: Sequence[str] = (),
    page_size: int | None = None,
    cursor: str = "",
) -> Page:
    """The objects with ``ids`` (all of them or none), or a page of all objects.

    Raises:
        Invalid: PV9012 for a page size, PV1012 for a cursor of another listing.
        NotFound: PV3005 names the ids that are missing or archived.

    Source: Piiano Vault, ``GET /data/collections/{collection}/objects``.
    """
    guard.require(actor, Capability.OBJECTS_LISTER, collection)
    size = check_size(page_size)
    wanted = list(dict.fromkeys(parse_id(text) for text in ids))
    if len(wanted) > settings.PVAULT_SERVICE_MAX_PAGE_SIZE:
        raise bad_size("ids", settings.PVAULT_SERVICE_MAX_PAGE_SIZE)

    def work(schema: CollectionSchema) -> Page:
        columns = outgoing.chosen_columns(schema, options)
        _vote(actor, schema, columns, options, Capability.OBJECTS_LISTER)
        if wanted:
            stored = _by_ids(actor, schema, wanted, options)
            return show(actor, schema, columns, stored, options)
        described = ("list", str(schema.id), astuple(options))
        return paged(actor, schema, columns, Plan(), options, size, cursor, described)

    with trail.read_unit():
        return catalog.run(collection, work)


def paged(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[Column],
    plan: Plan,
    options: ReadOptions,
    size: int,
    cursor: str,
    described: Sequence[Any],
) -> Page:
    """One page of what meets ``plan``; the cursor fits the request ``described`` only."""
    planning.add_claims(actor, schema, plan)
    after = cursors.open_(cursor, described)
    most_remaining = int(settings.PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT)
    conditions = scope_conditions(options)
    if plan.checks:
        hits = planning.scan(schema, plan, conditions, after=after)
        found = list(islice(hits, size + most_remaining))
        stored, remaining = found[:size], len(found) - size
    else:
        stored, remaining = read.page(
            schema,
            [*plan.conditions, *conditions],
            after=after,
            size=size,
            most_remaining=most_remaining,
        )
    page = show(actor, schema, columns, stored, options)
    if remaining <= 0:
        return page
    return Page(page.results, remaining, cursors.seal(stored[-1].seq, described))


def show(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[Column],
    stored: Sequence[StoredObject],
    options: ReadOptions,
) -> Page:
    """Open and account for ``stored``."""
    trail.record(
        actor,
        "object.read",
        tracing.target_of(schema),
        count=len(stored),
        archived=options.archived,
        exported=options.export,
        **_keys(columns),
        **tracing.listed("ids", (each.object_id for each in stored)),
    )
    key = export.current_key() if options.export else None
    param = options.param
    return Page(outgoing.render(actor, schema, columns, stored, export_key=key, param=param))


def scope_conditions(options: ReadOptions) -> list[Condition]:
    """Active or archived, and of the request's tenants only."""
    found = [read.ARCHIVED if options.archived else read.ACTIVE]
    if options.tenants:
        found.append(read.in_tenants(options.tenants))
    return found


def count_objects(actor: Actor, collection: str) -> dict[str, int]:
    """How many objects there are: active, archived and both.

    Source: Piiano Vault, ``GET /data/collections/{collection}/count/objects``.
    """
    guard.require(actor, Capability.DATA_READER, collection)
    claims.refuse_restricted(actor)

    def work(schema: CollectionSchema) -> dict[str, int]:
        guard.vote(actor, "stats", schema, [resources.of_count(schema, "objects")])
        active, archived = read.count(schema)
        trail.record(actor, "object.count", tracing.target_of(schema))
        return {"active": active, "archived": archived, "total": active + archived}

    with trail.read_unit():
        return catalog.run(collection, work)


def check_size(page_size: int | None) -> int:
    """The page size to use, or PV9012."""
    if page_size is None:
        return int(settings.PVAULT_SERVICE_DEFAULT_PAGE_SIZE)
    if not 1 <= page_size <= settings.PVAULT_SERVICE_MAX_PAGE_SIZE:
        raise bad_size("page_size", settings.PVAULT_SERVICE_MAX_PAGE_SIZE)
    return page_size


def _by_ids(
    actor: Actor, schema: CollectionSchema, wanted: Sequence[UUID], options: ReadOptions
) -> list[StoredObject]:
    """Exactly these, in the order asked for; PV3005 names the missing ones."""
    life = read.ARCHIVED if options.archived else read.ACTIVE
    found = {each.object_id: each for each in read.select(schema, [read.with_ids(wanted), life])}
    missing = [str(each) for each in wanted if each not in found]
    if missing:
        raise objects_missing(missing)
    guard.check_tenants(options.tenants, (each.tenant_id for each in found.values()))
    claims.require_stored(actor, schema, list(found.values()))
    return [found[each] for each in wanted]


def _vote(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[Column],
    options: ReadOptions,
    capability: Capability,
) -> None:
    asked = outgoing.resources_of(schema, columns, archived=options.archived)
    guard.vote(actor, "read", schema, asked, granted_by=capability)


def _keys(columns: Sequence[Column]) -> dict[str, Any]:
    return tracing.listed("properties", (each.key for each in columns))
