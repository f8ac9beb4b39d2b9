"""Uncover one property of several objects at once: each of them is on record by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collections_app import catalog
from collections_app.errors import bad_size, objects_missing, property_missing
from collections_app.permissions import Capability
from collections_app.rows import read
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import claims, guard, outgoing, tracing
from collections_app.services.reading import parse_id
from vaultportal import trail
from vaultportal.identity.actor import Actor

MOST = 100


def unmask(
    actor: Actor, collection: str, name: str, ids: Sequence[str], *, archived: bool = False
) -> dict[str, Any]:
    """The bare value of the property ``name`` by object id, None where there is none.

    One statement reads them all; the trail has one entry for each object.

    Raises:
        Forbidden: capability, policy. Invalid: PV9012 for more than ``MOST``.
        NotFound: PV3004; PV3005 names objects that are not there.
    """
    guard.require(actor, Capability.OBJECTS_READER, collection)
    if not 1 <= len(ids) <= MOST:
        raise bad_size("ids", MOST)
    wanted = list(dict.fromkeys(parse_id(text) for text in ids))

    def work(schema: CollectionSchema) -> dict[str, Any]:
        if name not in schema.properties:
            raise property_missing(name)
        columns = outgoing.columns_of(schema, [name])
        asked = outgoing.resources_of(schema, columns, archived=archived)
        guard.vote(actor, "read", schema, asked, granted_by=Capability.OBJECTS_READER)
        life = read.ARCHIVED if archived else read.ACTIVE
        stored = read.select(schema, [read.with_ids(wanted), life])
        missing = {*wanted} - {each.object_id for each in stored}
        if missing:
            raise objects_missing(sorted(map(str, missing)))
        claims.require_stored(actor, schema, stored)
        for each in stored:
            target = tracing.object_target(schema, each.object_id, each.version)
            trail.record(actor, "object.read", target, properties=[name])
        shown = outgoing.render(actor, schema, columns, stored)
        return {str(each.object_id): row[name] for each, row in zip(stored, shown, strict=True)}

    with trail.read_unit():
        return catalog.run(collection, work)
