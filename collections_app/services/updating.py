"""Change objects, archive and restore them: one, or a thousand with the same few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from collections_app import catalog, codec, resources
from collections_app.errors import bad_request, objects_missing, readonly, value_required
from collections_app.events import OBJECT_UPDATED
from collections_app.permissions import Capability
from collections_app.rows import change, read
from collections_app.rows.change import ChangedObject
from collections_app.rows.entries import Entry, replace_entries
from collections_app.rows.read import StoredObject
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import claims, export, guard, incoming, outgoing, tracing
from collections_app.services.adding import earlier, encode, entry_of, raise_clash, run_now
from collections_app.services.bulk import Bulk
from collections_app.services.custom_values import checked_by_code
from collections_app.services.incoming import Incoming
from collections_app.services.options import WriteOptions
from collections_app.services.owners import Owner, find_owners
from collections_app.services.reading import parse_id
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor


@dataclass(slots=True)
class Change:
    """What becomes of one stored object, and of its index entries."""

    stored: StoredObject
    row: ChangedObject
    dropped: list[tuple[int, int]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@checked_by_code(Capability.OBJECTS_UPDATER)
@trail.unit()
def update_object(
    actor: Actor, collection: str, id_text: str, body: Mapping[str, Any], options: WriteOptions
) -> None:
    """Change the properties in ``body``; null clears a nullable one.

    options: the expiration is unchanged when absent, zero archives at once; with ``archived`` the
    object must be archived, and a new or empty expiration restores it.

    Raises:
        NotFound: PV3005. Conflict: PV9003. Otherwise as ``add_object``.

    Source: Piiano Vault, ``PATCH /data/collections/{collection}/objects/{id}``.
    """
    guard.require(actor, Capability.OBJECTS_UPDATER, collection)
    wanted = parse_id(id_text)
    if parse_id(str(body.get("id", wanted))) != wanted:
        raise readonly("id")
    catalog.run(
        collection, lambda schema: _update(actor, schema, [(wanted, body)], options, bulk=None)
    )


@checked_by_code(Capability.OBJECTS_UPDATER)
def update_objects(
    actor: Actor, collection: str, bodies: Sequence[Any], options: WriteOptions
) -> Bulk:
    """Change many objects, each named by the ``id`` in its body, all of them or none.

    Source: Piiano Vault, ``PATCH /data/collections/{collection}/bulk/objects``.
    """
    guard.require(actor, Capability.OBJECTS_UPDATER, collection)
    items = [(id_of(body), body) for body in bodies]
    outcome = Bulk(len(items))
    with outcome.undone_on_failure(), trail.unit():
        catalog.run(collection, lambda schema: _update(actor, schema, items, options, bulk=outcome))
        outcome.ids = [object_id for object_id, _ in items]
    return outcome


def id_of(body: Any) -> UUID:
    """The ``id`` that names an item of a bulk call, or PV1012."""
    if not isinstance(body, dict) or "id" not in body:
        raise bad_request("id", "is required in every item")
    return parse_id(body["id"])


def _update(
    actor: Actor,
    schema: CollectionSchema,
    items: Sequence[tuple[UUID, Mapping[str, Any]]],
    options: WriteOptions,
    *,
    bulk: Bulk | None,
) -> None:
    bodies = [body for _, body in items]
    given = incoming.given_properties(schema, bodies)
    guard.vote(
        actor,
        "write",
        schema,
        resources.of_properties(schema, given, archived=options.archived),
        granted_by=Capability.OBJECTS_UPDATER,
    )
    collect = bulk.collect if bulk is not None else run_now
    unseal = export.opener(schema, options)
    checked = [
        collect(place, partial(_read, schema, body, options, unseal))
        for place, body in enumerate(bodies)
    ]
    owners = find_owners(each.owner for each in checked if each is not None)
    stored = lock(schema, [object_id for object_id, _ in items], archived=options.archived)
    claims.require_stored(actor, schema, list(stored.values()))
    changes: list[Change] = []
    now = datetime.now(UTC)
    seen: set[UUID] = set()
    for place, ((object_id, _), each) in enumerate(zip(items, checked, strict=True)):
        found = stored.get(object_id)
        if found is None or object_id in seen:
            collect(place, partial(_missing, object_id))
            continue
        seen.add(object_id)
        if each is None:
            continue
        owner = owners.get(each.owner) if each.owner else None
        made = collect(place, partial(_change, schema, found, each, owner, options, now))
        if made is not None:
            _require_still(actor, schema, made, each)
            changes.append(made)
    if bulk is not None:
        bulk.stop_if_failed()
    change.update(schema, [each.row for each in changes])
    clashes: dict[int, list[int]] = {}
    for seq, number in replace_entries(
        [pair for each in changes for pair in each.dropped],
        [entry for each in changes for entry in each.entries],
    ):
        clashes.setdefault(seq, []).append(number)
    for place, each_change in enumerate(changes):
        if found_clashes := clashes.get(each_change.stored.seq):
            collect(place, partial(raise_clash, schema, found_clashes))
    if bulk is not None:
        bulk.stop_if_failed()
    _trace(actor, schema, changes, given)


def _require_still(actor: Actor, schema: CollectionSchema, made: Change, each: Incoming) -> None:
    """A restricted caller must not move an object out of its own sight."""
    if not claims.of(actor):
        return
    after = claims.opened(actor, schema, [made.stored])[0] | each.builtins | each.values
    after |= dict.fromkeys(each.cleared) | {claims.TENANT: made.row.tenant_id}
    claims.require_values(actor, schema, [after])


def lock(
    schema: CollectionSchema, ids: Sequence[UUID], *, archived: bool
) -> dict[UUID, StoredObject]:
    """The active or the archived objects with these ids, held until the transaction ends."""
    life = read.ARCHIVED if archived else read.ACTIVE
    rows = read.select(schema, [read.with_ids(ids), life], lock=True)
    return {each.object_id: each for each in rows}


def _read(
    schema: CollectionSchema, body: Mapping[str, Any], options: WriteOptions, unseal: Any
) -> Incoming:
    values = {name: value for name, value in body.items() if name != "id"}
    found = incoming.check_values(schema, values, options=options, unseal=unseal)
    demanded = sorted(name for name in found.cleared if not schema.properties[name].is_nullable)
    if demanded:
        raise value_required(demanded)
    incoming.check_owner(found)
    return found


def _change(
    schema: CollectionSchema,
    stored: StoredObject,
    each: Incoming,
    owner: Owner | None,
    options: WriteOptions,
    now: datetime,
) -> Change:
    tenant = _tenant(stored, each, owner, options)
    expires_at, ends_at, owner_seq = _ends(stored, each, owner, options, now)
    is_active = ends_at is None or ends_at > now
    is_restored = is_active and options.archived
    cells = codec.unpack(stored.cells)
    clear = dict(stored.clear)
    cleared = [schema.properties[name] for name in each.cleared]
    for gone in cleared:
        cells.pop(gone.id, None)
        clear.pop(str(gone.id), None)
    entries: list[Entry] = []
    if each.values:
        key = keyring.open_object_key(
            schema.scope, stored.key_id, stored.key_version, stored.wrapped
        )
        sealed, shown, entries = encode(
            schema, stored.key_id, key, each.values, is_active=is_active
        )
        for number in sealed:  # it lay in clear until the property was to be encrypted
            clear.pop(str(number), None)
        cells |= sealed
        clear |= shown
    changed = [schema.properties[name] for name in each.values]
    dropped = [each_one.id for each_one in (*changed, *cleared) if each_one.is_searched]
    if is_restored:
        entries += _guarded_again(schema, stored, {*dropped})
        dropped += [entry.property_id for entry in entries if entry.property_id not in dropped]
    return Change(
        stored,
        ChangedObject(
            seq=stored.seq,
            tenant_id=tenant,
            owner=owner_seq,
            created_at=each.time("_creation_time"),
            modified_at=each.time("_modification_time"),
            expires_at=expires_at,
            ends_at=ends_at,
            clear=orjson.dumps(clear).decode(),
            cells=codec.pack(cells),
        ),
        [(stored.seq, number) for number in dropped],
        [entry.at(stored.seq) for entry in entries],
    )


def _guarded_again(
    schema: CollectionSchema, stored: StoredObject, changed: set[int]
) -> list[Entry]:
    """Entries of the unique values that a restored object had and keeps."""
    needed = {
        each.name: each
        for each in schema.properties.values()
        if each.is_guarded and each.id not in changed
    }
    values = outgoing.open_values(schema, stored, needed)
    return [
        entry_of(schema, each, values[name], is_active=True)
        for name, each in needed.items()
        if values[name] is not None
    ]


def _tenant(
    stored: StoredObject, each: Incoming, owner: Owner | None, options: WriteOptions
) -> str | None:
    """The tenant after the change; before and after it must be one of the header's."""
    guard.check_tenants(options.tenants, [stored.tenant_id])
    if owner is not None:
        return incoming.tenant_for(each.tenant, options, owner.tenant_id)
    tenant = each.tenant if "_tenant_id" in each.builtins else stored.tenant_id
    guard.check_tenants(options.tenants, [tenant])
    return tenant


def _ends(
    stored: StoredObject,
    each: Incoming,
    owner: Owner | None,
    options: WriteOptions,
    now: datetime,
) -> tuple[datetime | None, datetime | None, int | None]:
    """Own end, effective end and owner after the change."""
    expires_at = stored.expires_at
    if options.expiration.is_given:
        expires_at = options.expiration.moment(now)
    elif "_expiration_time" in each.builtins:
        expires_at = each.time("_expiration_time")
    owner_seq, owner_end = stored.owner, stored.owner_ends_at
    if "_owner_id" in each.builtins:
        owner_seq, owner_end = (owner.seq, owner.ends_at) if owner else (None, None)
    return expires_at, earlier(expires_at, owner_end), owner_seq


def _missing(object_id: UUID) -> None:
    raise objects_missing([str(object_id)])


def _trace(
    actor: Actor,
    schema: CollectionSchema,
    changes: Sequence[Change],
    given: Sequence[PropertySchema],
) -> None:
    names = sorted(each.name for each in given)
    if len(changes) == 1:
        stored = changes[0].stored
        target = tracing.object_target(schema, stored.object_id, stored.version + 1)
        trail.record(actor, "object.update", target, **tracing.listed("properties", names))
    else:
        trail.record(
            actor,
            "object.update",
            tracing.target_of(schema),
            count=len(changes),
            **tracing.listed("properties", names[:100]),
            **tracing.listed("ids", (each.stored.object_id for each in changes)),
        )
    attributes = [{"attribute": name} for name in names]
    tracing.emit_each(
        OBJECT_UPDATED,
        actor,
        schema,
        [(each.stored.object_id, {"changes": attributes}) for each in changes],
    )
