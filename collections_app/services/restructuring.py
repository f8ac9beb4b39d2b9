"""Bring a collection to the schema that somebody has drawn: all of its changes, or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from collections_app.errors import schema_change
from collections_app.permissions import Capability
from collections_app.schema.changes import REFUSED, Change, plan
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import FLAG_DEFAULTS, CollectionDraft, PropertyDraft
from collections_app.schema.wire import check_collection, data_type
from collections_app.services import collections, guard, hardening, properties, schemas
from vaultportal import trail
from vaultportal.errors import Stale
from vaultportal.identity.actor import Actor

# What a change of a property's row cannot do: a job goes through the objects first.
_HARDENED = {"+unique": "is_unique", "+encrypted": "is_encrypted"}
_HARDENING = (
    (hardening.encrypt_property, "+encrypted"),
    (hardening.make_unique, "+unique"),
)


def compare(actor: Actor, schema: CollectionSchema, draft: CollectionDraft) -> list[Change]:
    """Every change from the schema to the draft, and what it takes; [] when they are the same.

    Raises:
        Forbidden: PV1007. Invalid: the draft cannot be at all.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, schema.name)
    return _compare(schema, _checked(schema, draft), has_objects=schemas.has_objects(schema.id))


@trail.unit()
def restructure(actor: Actor, draft: CollectionDraft, seen_at: datetime) -> CollectionSchema:
    """Make every change of the draft; properties that it does not name go with their values.

    seen_at: ``modified_at`` of the schema that the draft was made from.

    Raises:
        Forbidden: PV1007. NotFound: PV1004. Invalid: PV9006 for a change that cannot be.
        Stale: somebody else has changed the schema meanwhile.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, draft.name)
    row = schemas.lock(draft.name)
    if row.modified_at != seen_at:
        raise Stale("collection")
    schema = schemas.compiled(row)
    wanted = _checked(schema, draft)
    changes = _compare(schema, wanted, has_objects=schemas.has_objects(row.id))
    for each in changes:
        if each.verdict == REFUSED:
            raise schema_change("This change cannot be made.", property=each.property)
    for each in changes:
        if each.what == "remove":
            properties.delete_property(actor, draft.name, each.property)
    soft = [_soft(each, changes) for each in wanted.values()]
    collections.update_collection(actor, draft.name, replace(draft, properties=tuple(soft)))
    # A unique property is not encrypted any more, so that comes first.
    for harden, what in _HARDENING:
        for each in changes:
            if each.what == what:
                harden(actor, draft.name, each.property)
    return schemas.compiled(row)


def _checked(schema: CollectionSchema, draft: CollectionDraft) -> dict[str, PropertyDraft]:
    drafts = check_collection(replace(draft, name=schema.name, type=schema.type))
    return {each.name: each for each in drafts}


def _compare(
    schema: CollectionSchema, wanted: dict[str, PropertyDraft], *, has_objects: bool
) -> list[Change]:
    types = {name: data_type(each.data_type_name) for name, each in wanted.items()}
    return plan(schema, wanted, types, has_objects=has_objects)


def _soft(draft: PropertyDraft, changes: list[Change]) -> PropertyDraft:
    """The draft without what is left to a job of its own."""
    hard = {
        _HARDENED[each.what]
        for each in changes
        if each.property == draft.name and each.what in _HARDENED
    }
    stated = {"name", "data_type_name", "description", *(FLAG_DEFAULTS.keys() - hard)}
    return replace(draft, given=frozenset(stated))
