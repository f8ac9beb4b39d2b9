"""Make a property stricter while its objects are there: unique, or encrypted.

The wire has no word for either; an operator asks for it by ``manage.py change_property``. The
change counts for everything that is written from now on; a job brings along what is there.
"""

from __future__ import annotations

from collections_app.errors import property_missing, schema_change
from collections_app.models import Collection, Property, SchemaJob
from collections_app.permissions import Capability
from collections_app.schema.wire import data_type
from collections_app.services import guard, schemas, tracing
from vaultportal import trail
from vaultportal.identity.actor import Actor


@trail.unit()
def make_unique(actor: Actor, collection: str, name: str) -> SchemaJob | None:
    """No two active objects may have the same value of the property any more.

    From now on a second object with a value is refused. The job goes through what is there; two
    objects with the same value end it, its ``failure`` names them, and the property is as before.

    Returns: the job; None when there was nothing to go through and the property is unique now.

    Raises:
        Forbidden: the capability is missing. NotFound: PV1004, PV3004.
        Invalid: PV9006, it is unique already, of a type that cannot be, or changing.
    """
    row = _lock(actor, collection, name)
    if row.is_unique:
        raise schema_change("The property is unique already.", property=name)
    if not data_type(row.data_type_name).is_indexable:
        raise schema_change("A property of this type cannot be unique.", property=name)
    job = None
    if schemas.has_objects(row.collection_id):
        row.is_guarding = True
        row.is_index_ready = row.is_index and row.is_index_ready
        job = schemas.start_job(actor, row.collection, SchemaJob.Kind.UNIQUE, row)
    else:
        row.is_unique = True
    _save(actor, row, change="unique")
    return job


@trail.unit()
def encrypt_property(actor: Actor, collection: str, name: str) -> SchemaJob | None:
    """The values of a property that lay in clear are sealed, those that come at once.

    While the job runs a value is read wherever it lies. Copies in backups and in the database's
    own log stay what they are until those are gone.

    Returns: the job; None when there was nothing to seal.

    Raises:
        Forbidden: the capability is missing. NotFound: PV1004, PV3004.
        Invalid: PV9006, it is encrypted already, changing, or unique: clear and sealed values
            are found under different keys, so two equal ones would pass each other unseen.
    """
    row = _lock(actor, collection, name)
    if row.is_encrypted:
        raise schema_change("The property is encrypted already.", property=name)
    if row.is_unique:
        raise schema_change(
            "Lift the uniqueness of the property first, and make it unique again afterwards.",
            property=name,
        )
    row.is_encrypted = True
    job = None
    if schemas.has_objects(row.collection_id):
        row.is_sealing = True
        row.is_index_ready = not row.is_index
        job = schemas.start_job(actor, row.collection, SchemaJob.Kind.ENCRYPT, row)
    _save(actor, row, change="encrypt")
    return job


def _lock(actor: Actor, collection: str, name: str) -> Property:
    guard.require(actor, Capability.COLLECTIONS_WRITER, collection)
    held: Collection = schemas.lock(collection)
    row = Property.objects.filter(collection=held, name=name).first()
    if row is None:
        raise property_missing(name)
    row.collection = held
    schemas.require_settled(row)
    return row


def _save(actor: Actor, row: Property, *, change: str) -> None:
    row.save()
    schemas.touch(row.collection)
    target = tracing.target_of(schemas.compiled(row.collection))
    trail.record(actor, "property.update", target, property=row.name, change=change)
