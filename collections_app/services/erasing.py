"""Erase objects with their keys: what is left of them anywhere never opens again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from collections_app import catalog, resources
from collections_app.errors import objects_missing
from collections_app.events import OBJECT_DELETED
from collections_app.permissions import Capability
from collections_app.rows import change
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import approval, claims, guard, tracing
from collections_app.services.adding import run_now
from collections_app.services.bulk import Bulk
from collections_app.services.options import WriteOptions
from collections_app.services.reading import parse_id
from collections_app.services.updating import id_of, lock
from vaultportal import trail
from vaultportal.errors import Stale
from vaultportal.identity.actor import Actor


def delete_object(actor: Actor, collection: str, id_text: str, options: WriteOptions) -> None:
    """Erase one object, for good; what it owns is archived.

    Raises:
        NotFound: PV3005. Forbidden: PV1006 when a policy denies one property of the collection.
        Pending, Forbidden: a gate stands before it (``approval``).
        Stale: it was allowed for another version of the object.

    Source: Piiano Vault, ``DELETE /data/collections/{collection}/objects/{id}``.
    """
    guard.require(actor, Capability.OBJECTS_DELETER, collection)
    wanted = parse_id(id_text)
    allowed = approval.before_delete(actor, collection, [wanted])
    with trail.unit():
        catalog.run(
            collection,
            lambda schema: _delete(actor, schema, [wanted], options, allowed=allowed, bulk=None),
        )


def delete_objects(
    actor: Actor, collection: str, bodies: Sequence[Any], options: WriteOptions
) -> Bulk:
    """Erase many objects, each named by the ``id`` in its item, all of them or none.

    Source: Piiano Vault, ``DELETE /data/collections/{collection}/bulk/objects``.
    """
    guard.require(actor, Capability.OBJECTS_DELETER, collection)
    wanted = [id_of(body) for body in bodies]
    allowed = approval.before_delete(actor, collection, wanted)
    outcome = Bulk(len(wanted))
    with outcome.undone_on_failure(), trail.unit():
        catalog.run(
            collection,
            lambda schema: _delete(actor, schema, wanted, options, allowed=allowed, bulk=outcome),
        )
        outcome.ids = wanted
    return outcome


def _delete(
    actor: Actor,
    schema: CollectionSchema,
    wanted: Sequence[UUID],
    options: WriteOptions,
    *,
    allowed: Mapping[UUID, int] | None,
    bulk: Bulk | None,
) -> None:
    touched = resources.of_properties(
        schema, schema.properties.values(), archived=options.archived
    ) or [resources.of_count(schema, "objects")]
    guard.vote(actor, "delete", schema, touched)
    collect = bulk.collect if bulk is not None else run_now
    stored = lock(schema, wanted, archived=options.archived)
    guard.check_tenants(options.tenants, (each.tenant_id for each in stored.values()))
    claims.require_stored(actor, schema, list(stored.values()))
    if allowed is not None and any(
        each.version != allowed.get(each.object_id) for each in stored.values()
    ):
        raise Stale("object")
    seen: set[UUID] = set()
    for place, object_id in enumerate(wanted):
        if object_id not in stored or object_id in seen:
            collect(place, partial(_missing, object_id))
        seen.add(object_id)
    if bulk is not None:
        bulk.stop_if_failed()
    change.erase([each.seq for each in stored.values()])
    if len(wanted) == 1:
        gone = stored[wanted[0]]
        target = tracing.object_target(schema, gone.object_id, gone.version)
        trail.record(actor, "object.delete", target)
    else:
        trail.record(
            actor,
            "object.delete",
            tracing.target_of(schema),
            count=len(wanted),
            **tracing.listed("ids", wanted),
        )
    tracing.emit_each(OBJECT_DELETED, actor, schema, [(object_id, {}) for object_id in wanted])


def _missing(object_id: UUID) -> None:
    raise objects_missing([str(object_id)])
