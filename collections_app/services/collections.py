"""The control plane of collections: list, add, get, update, delete."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from collections_app import catalog
from collections_app.errors import bad_request, exists, schema_change
from collections_app.models import Collection, Property, SchemaJob
from collections_app.permissions import Capability, CollectionPermission
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import CollectionDraft
from collections_app.schema.wire import check_collection
from collections_app.services import approval, guard, schemas, tracing
from vaultportal import trail
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User


def list_collections(actor: Actor) -> list[CollectionSchema]:
    """Every collection whose schema the actor may see, by name.

    Raises:
        Forbidden: the capability is held neither everywhere nor on any collection.

    Source: Piiano Vault, ``GET /ctl/collections``.
    """
    everything = catalog.current().collections
    if access.holds(actor, Capability.COLLECTIONS_READER):
        return [everything[name] for name in sorted(everything)]
    visible = access.permitted(actor, Capability.COLLECTIONS_READER, Collection.objects.live())
    names = set(visible.values_list("name", flat=True))
    if not names:
        guard.require(actor, Capability.COLLECTIONS_READER)
    return [everything[name] for name in sorted(names & everything.keys())]


def get_collection(actor: Actor, name: str) -> CollectionSchema:
    """One collection's schema.

    Raises:
        Forbidden: the capability is missing. NotFound: PV1004.

    Source: Piiano Vault, ``GET /ctl/collections/{collection}``.
    """
    guard.require(actor, Capability.COLLECTIONS_READER, name)
    return catalog.run(name, _verified)


def _verified(schema: CollectionSchema) -> CollectionSchema:
    if catalog.epoch() != schema.epoch:
        raise catalog.SchemaMoved
    return schema


@trail.unit()
def add_collection(actor: Actor, draft: CollectionDraft) -> CollectionSchema:
    """Make a collection with its properties.

    A person who makes one owns it; a client that rolls out schemas may go on changing it, and gets
    no hand on its data.

    Raises:
        Invalid: names, types or flags. Conflict: PV9001, the name is taken.

    Source: Piiano Vault, ``POST /ctl/collections``.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER)
    drafts = check_collection(draft)
    collection = Collection(name=draft.name, type=draft.type)
    try:
        with transaction.atomic():  # a savepoint, so that the unit can still be left in order
            collection.save(force_insert=True)
    except IntegrityError:
        raise exists("collection", draft.name) from None
    schemas.make_properties(collection, drafts)
    if actor.kind in User.Kind.values:
        _grant_creator(actor, collection)
    schema = schemas.compiled(collection)
    trail.record(
        actor,
        "collection.add",
        tracing.target_of(schema),
        **tracing.listed("properties", schema.properties),
    )
    return schema


def _grant_creator(actor: Actor, collection: Collection) -> None:
    creator = User.objects.get(pk=actor.user_id)
    if actor.kind == User.Kind.PERSON:
        access.grant(actor, creator, CollectionPermission.OWN, collection)
        return
    access.grant(actor, creator, Capability.COLLECTIONS_READER, collection)
    access.grant(actor, creator, Capability.COLLECTIONS_WRITER, collection)


@trail.unit()
def update_collection(actor: Actor, name: str, draft: CollectionDraft) -> CollectionSchema:
    """Add the properties of ``draft`` that are not there, change what may change of the others.

    Properties that ``draft`` does not name stay.

    Raises:
        Invalid: PV9006 for a change that is not allowed, with the property in the context.
        NotFound: PV1004.

    Source: Piiano Vault, ``PATCH /ctl/collections/{collection}``.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, name)
    if draft.name != name:
        raise bad_request("name", "must be the name in the address")
    collection = schemas.lock(name)
    drafts = check_collection(CollectionDraft(draft.name, collection.type, draft.properties))
    present = {row.name: row for row in Property.objects.filter(collection=collection)}
    for row in present.values():
        row.collection = collection
    new = [each for each in drafts if each.name not in present]
    demanded = [each.name for each in new if not each.is_nullable]
    if demanded and schemas.has_objects(collection.id):
        raise schema_change(
            "A new property must be nullable while there are objects.", property=demanded[0]
        )
    schemas.make_properties(collection, new)
    changed = [
        each.name
        for each in drafts
        if each.name in present
        and schemas.change_property(actor, present[each.name], each, description_default=None)
    ]
    schemas.touch(collection)
    schema = schemas.compiled(collection)
    trail.record(
        actor,
        "collection.update",
        tracing.target_of(schema),
        **tracing.listed("added", (each.name for each in new)),
        **tracing.listed("changed", changed),
    )
    return schema


@trail.unit()
def set_ticket(actor: Actor, name: str, *, is_needed: bool) -> None:
    """Have people give a ticket with each look at a value from now on, or no longer.

    Raises:
        Forbidden: PV1007, the actor may not change the collection. NotFound: PV1004.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, name)
    collection = schemas.lock(name)
    if collection.needs_ticket == is_needed:
        return
    collection.needs_ticket = is_needed
    collection.save(update_fields=["needs_ticket"])  # the triggers move the epoch
    target = tracing.target_of(schemas.compiled(collection))
    trail.record(actor, "collection.ticket", target, needs_ticket=is_needed)


def delete_collection(actor: Actor, name: str) -> None:
    """Delete a collection with all its objects and tokens, for good.

    It is gone at once; its rows are cleared away by a job, and its keys with the last of them.

    Raises:
        NotFound: PV1004.
        Pending, Forbidden: a gate stands before erasing its objects (``approval``).

    Source: Piiano Vault, ``DELETE /ctl/collections/{collection}``.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, name)
    approval.before_purge(actor, name)
    _delete_collection(actor, name)


@trail.unit()
def _delete_collection(actor: Actor, name: str) -> None:
    collection = schemas.lock(name)
    schema = schemas.compiled(collection)
    collection.deleted_at = timezone.now()
    collection.save(update_fields=["deleted_at"])
    schemas.start_job(actor, collection, SchemaJob.Kind.PURGE_COLLECTION)
    trail.record(actor, "collection.delete", tracing.target_of(schema))
