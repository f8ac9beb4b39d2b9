"""The control plane of properties: list, add, get, update, delete."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction

from collections_app.errors import bad_request, exists, property_missing, readonly, schema_change
from collections_app.models import Collection, Property, SchemaJob
from collections_app.permissions import Capability
from collections_app.schema.compiled import BUILTIN_PROPERTIES, CollectionSchema, PropertySchema
from collections_app.schema.drafts import PropertyDraft
from collections_app.schema.wire import check_description, check_property
from collections_app.services import collections, guard, schemas, tracing
from vaultportal import trail
from vaultportal.identity.actor import Actor


def get_property(
    actor: Actor, collection: str, name: str
) -> tuple[CollectionSchema, PropertySchema]:
    """One property, built-in ones included.

    Raises:
        NotFound: PV1004 for the collection, PV3004 for the property.

    Source: Piiano Vault, ``GET /ctl/collections/{collection}/properties/{property}``.
    """
    schema = collections.get_collection(actor, collection)
    found = schema.find(name)
    if found is None:
        raise property_missing(name)
    return schema, found


@trail.unit()
def add_property(
    actor: Actor, collection: str, name: str, draft: PropertyDraft
) -> tuple[CollectionSchema, PropertySchema]:
    """Add a property; while there are objects it must be nullable.

    Raises:
        Invalid: PV1012 when the body names another property, PV9006. Conflict: PV9001.

    Source: Piiano Vault, ``POST /ctl/collections/{collection}/properties/{property}``.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, collection)
    if draft.name != name:
        raise bad_request("name", "must be the name in the address")
    row = schemas.lock(collection)
    check_property(collection, draft)
    if not draft.is_nullable and schemas.has_objects(row.id):
        raise schema_change(
            "A new property must be nullable while there are objects.", property=name
        )
    try:
        with transaction.atomic():  # a savepoint, so that the unit can still be left in order
            schemas.make_properties(row, [draft])
    except IntegrityError:
        raise exists("property", name) from None
    schemas.touch(row)
    schema = schemas.compiled(row)
    trail.record(actor, "property.add", tracing.target_of(schema), property=name)
    return schema, schema.properties[name]


@trail.unit()
def update_property(
    actor: Actor, collection: str, name: str, draft: PropertyDraft
) -> tuple[CollectionSchema, PropertySchema]:
    """Change what may change: description (empty when absent), indexes, nullability, uniqueness.

    Raises:
        Invalid: PV9006 for a direction that is not allowed, PV9005 for a built-in property.

    Source: Piiano Vault, ``PATCH /ctl/collections/{collection}/properties/{property}``.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, collection)
    check_description(draft.description)
    row, found = _lock(collection, name)
    schemas.change_property(actor, found, replace(draft, name=name), description_default="")
    schemas.touch(row)
    schema = schemas.compiled(row)
    trail.record(actor, "property.update", tracing.target_of(schema), property=name)
    return schema, schema.properties[name]


@trail.unit()
def delete_property(actor: Actor, collection: str, name: str) -> None:
    """Take a property away; a job erases its values from every object.

    Source: Piiano Vault, ``DELETE /ctl/collections/{collection}/properties/{property}``.
    """
    guard.require(actor, Capability.COLLECTIONS_WRITER, collection)
    row, found = _lock(collection, name)
    if schemas.has_objects(row.id):
        schemas.start_job(actor, row, SchemaJob.Kind.ERASE_PROPERTY, found)
    found.delete()
    schemas.touch(row)
    trail.record(actor, "property.delete", tracing.target_of(schemas.compiled(row)), property=name)


def _lock(collection: str, name: str) -> tuple[Collection, Property]:
    row = schemas.lock(collection)
    found = Property.objects.filter(collection=row, name=name).first()
    if found is None:
        if name in BUILTIN_PROPERTIES:
            raise readonly(name)
        raise property_missing(name)
    found.collection = row
    return row, found
