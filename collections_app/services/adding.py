"""Add one object, or a thousand: the same few statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

import orjson
from django.conf import settings

from collections_app import catalog, codec, resources
from collections_app.errors import exists, unique_taken
from collections_app.events import OBJECT_ADDED
from collections_app.permissions import Capability
from collections_app.rows.entries import Entry
from collections_app.rows.insert import NewObject, insert
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import claims, export, guard, incoming, tracing
from collections_app.services.bulk import Bulk
from collections_app.services.custom_values import checked_by_code
from collections_app.services.incoming import Incoming
from collections_app.services.options import WriteOptions
from collections_app.services.owners import Owner, find_owners
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7

T = TypeVar("T")


@checked_by_code(Capability.OBJECTS_CREATOR)
@trail.unit()
def add_object(
    actor: Actor, collection: str, body: Mapping[str, Any], options: WriteOptions
) -> UUID:
    """Add one object.

    Args:
        body: property → value; every property that is not nullable, and perhaps ``id``.
        options: the expiration must not be zero; built-in times count with ``is_import`` only.

    Returns: the object's id.

    Raises:
        Forbidden: capability, policy or tenant. NotFound: collection, property or owner.
        Invalid: a value. Conflict: the id or a unique value is taken.

    Source: Piiano Vault, ``POST /data/collections/{collection}/objects``.
    """
    guard.require(actor, Capability.OBJECTS_CREATOR, collection)
    return catalog.run(
        collection, lambda schema: _add(actor, schema, [body], options, bulk=None)[0]
    )


@checked_by_code(Capability.OBJECTS_CREATOR)
def add_objects(
    actor: Actor, collection: str, bodies: Sequence[Any], options: WriteOptions
) -> Bulk:
    """Add many objects, all of them or none.

    Returns: what became of each, in the order given. When one fails nothing is written.

    Source: Piiano Vault, ``POST /data/collections/{collection}/bulk/objects``.
    """
    guard.require(actor, Capability.OBJECTS_CREATOR, collection)
    outcome = Bulk(len(bodies))
    with outcome.undone_on_failure(), trail.unit():
        outcome.ids = catalog.run(
            collection, lambda schema: _add(actor, schema, bodies, options, bulk=outcome)
        )
    return outcome


def _add(
    actor: Actor,
    schema: CollectionSchema,
    bodies: Sequence[Mapping[str, Any]],
    options: WriteOptions,
    *,
    bulk: Bulk | None,
) -> list[UUID]:
    """The common part. With ``bulk`` the faults of items are gathered, else they are raised."""
    given = incoming.given_properties(schema, bodies)
    guard.vote(actor, "write", schema, resources.of_properties(schema, given))
    collect = bulk.collect if bulk is not None else run_now
    unseal = export.opener(schema, options)

    def read(body: Mapping[str, Any]) -> Incoming:
        found = incoming.check_values(schema, body, options=options, unseal=unseal)
        incoming.check_complete(schema, found)
        return found

    checked = [collect(place, partial(read, body)) for place, body in enumerate(bodies)]
    owners = find_owners(each.owner for each in checked if each is not None)
    now = datetime.now(UTC)
    keys = keyring.new_object_keys(schema.scope, [uuid7() for _ in checked])
    drafts: list[NewObject] = []
    seen: set[UUID] = set()
    for place, (each, (row, key)) in enumerate(zip(checked, keys, strict=True)):
        if each is None:
            continue
        owner = owners.get(each.owner) if each.owner else None
        owner_tenant = owner.tenant_id if owner else None
        tenant = collect(place, partial(incoming.tenant_for, each.tenant, options, owner_tenant))
        object_id = each.object_id or uuid4()
        claims.require_values(
            actor, schema, [each.values | each.builtins | {claims.TENANT: tenant}]
        )
        if object_id in seen:
            collect(place, _taken)
        seen.add(object_id)
        drafts.append(_draft(schema, each, object_id, row, key, owner, tenant, now, options))
    if bulk is not None:
        bulk.stop_if_failed()
    outcome = insert(schema, drafts)
    for place, draft in enumerate(drafts):
        if draft.object_id in outcome.taken:
            collect(place, _taken)
        elif clashes := outcome.clashes.get(draft.object_id):
            collect(place, partial(raise_clash, schema, clashes))
    if bulk is not None:
        bulk.stop_if_failed()
    _trace(actor, schema, drafts, given)
    return [draft.object_id for draft in drafts]


def _draft(
    schema: CollectionSchema,
    each: Incoming,
    object_id: UUID,
    row: Any,
    key: keyring.OpenKey,
    owner: Owner | None,
    tenant: str | None,
    now: datetime,
    options: WriteOptions,
) -> NewObject:
    expires_at = expiry_of(schema, each, options, now, is_owned=owner is not None)
    ends_at = earlier(expires_at, owner.ends_at if owner else None)
    is_active = ends_at is None or ends_at > now
    sealed, clear, entries = encode(schema, row.object_id, key, each.values, is_active=is_active)
    return NewObject(
        object_id=object_id,
        key=row,
        tenant_id=tenant,
        owner=owner.seq if owner else None,
        created_at=each.time("_creation_time"),
        modified_at=each.time("_modification_time"),
        expires_at=expires_at,
        ends_at=ends_at,
        clear=orjson.dumps(clear).decode(),
        cells=codec.pack(sealed),
        entries=entries,
    )


def encode(
    schema: CollectionSchema,
    key_id: UUID,
    key: keyring.OpenKey,
    values: Mapping[str, Any],
    *,
    is_active: bool,
) -> tuple[dict[int, bytes], dict[str, Any], list[Entry]]:
    """Sealed cells, clear values and index entries of normalized values."""
    pairs = [(schema.properties[name], value) for name, value in values.items()]
    sealed = codec.seal_cells(
        key, schema, key_id, [(each, value) for each, value in pairs if each.is_encrypted]
    )
    clear = {str(each.id): value for each, value in pairs if not each.is_encrypted}
    entries = [
        entry_of(schema, each, value, is_active=is_active)
        for each, value in pairs
        if each.is_searched
    ]
    return sealed, clear, entries


def entry_of(
    schema: CollectionSchema, each: PropertySchema, value: Any, *, is_active: bool
) -> Entry:
    """The index entry of one value; it guards the value while the object is active."""
    return Entry(each.id, codec.index_key(schema, each, value), each.is_guarded and is_active)


def expiry_of(
    schema: CollectionSchema,
    each: Incoming,
    options: WriteOptions,
    now: datetime,
    *,
    is_owned: bool,
) -> datetime | None:
    """When a new object ends: as asked, as imported, or by the default of its kind."""
    if not options.expiration.is_given and "_expiration_time" in each.builtins:
        return each.time("_expiration_time")
    associated = schema.type == "PERSONS" or is_owned
    default: int = (
        settings.PVAULT_EXPIRATION_ASSOCIATED_OBJECTS
        if associated
        else settings.PVAULT_EXPIRATION_UNASSOCIATED_OBJECTS
    )
    return options.expiration.moment(now, default)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two ends, where None is "never"."""
    ends = [end for end in (one, other) if end is not None]
    return min(ends) if ends else None


def _taken() -> None:
    raise exists("object", "id")


def raise_clash(schema: CollectionSchema, numbers: Sequence[int]) -> None:
    """PV9003 about the properties with these numbers."""
    raise unique_taken(sorted(schema.by_id[number].name for number in numbers))


def run_now(_place: int, work: Callable[[], T]) -> T | None:
    """What a call for one object does with a fault: lets it rise."""
    return work()


def _trace(
    actor: Actor,
    schema: CollectionSchema,
    drafts: Sequence[NewObject],
    given: Sequence[PropertySchema],
) -> None:
    names = sorted(each.name for each in given)
    if len(drafts) == 1:
        target = tracing.object_target(schema, drafts[0].object_id, 1)
        trail.record(actor, "object.add", target, **tracing.listed("properties", names))
    else:
        trail.record(
            actor,
            "object.add",
            tracing.target_of(schema),
            count=len(drafts),
            **tracing.listed("properties", names[:100]),
            **tracing.listed("ids", (draft.object_id for draft in drafts)),
        )
    tracing.emit_each(
        OBJECT_ADDED,
        actor,
        schema,
        [(draft.object_id, {"size": len(draft.cells)}) for draft in drafts],
    )
