"""Schema rows: making and changing them, under one lock so that two changes cannot cross."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from collections_app import catalog, typetable
from collections_app.errors import collection_missing, schema_change
from collections_app.models import Collection, Property, SchemaJob
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import PropertyDraft
from collections_app.schema.wire import data_type
from collections_app.tasks import run_schema_job
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User

# What a change may do to a flag of a property that exists: from → to.
_ALLOWED = {
    "is_unique": {(True, False)},
    "is_index": {(True, False), (False, True)},
    "is_substring_index": {(True, False)},
    "is_nullable": {(False, True)},
}


def lock(name: str) -> Collection:
    """The collection's row, held until the transaction ends; PV1004 when there is none."""
    found = Collection.objects.live().select_for_update().filter(name=name).first()
    if found is None:
        raise collection_missing()
    return found


def has_objects(collection_id: UUID) -> bool:
    """Whether the collection holds any object, active or archived."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM collections_app_object WHERE collection_id = %s)",
            [collection_id],
        )
        return bool(cursor.fetchone()[0])


def make_properties(collection: Collection, drafts: Iterable[PropertyDraft]) -> list[Property]:
    """Insert properties that were checked: one statement, and one where custom types are named."""
    drafts = list(drafts)
    typetable.hold(draft.data_type_name for draft in drafts)
    return Property.objects.bulk_create(
        Property(
            collection=collection,
            name=draft.name,
            data_type_name=data_type(draft.data_type_name).name,
            description=draft.description,
            is_unique=draft.is_unique,
            is_index=draft.is_index,
            is_substring_index=draft.is_substring_index,
            is_encrypted=draft.is_encrypted,
            is_nullable=draft.is_nullable,
        )
        for draft in drafts
    )


def change_property(
    actor: Actor, row: Property, draft: PropertyDraft, *, description_default: str | None
) -> bool:
    """Apply what may change; whether anything did.

    description_default: the description when none is given; None to leave it.

    Raises:
        Invalid: PV9006, a direction that is not allowed.
    """
    before = {name: getattr(row, name) for name in (*_ALLOWED, "description")}
    description = draft.description if "description" in draft.given else description_default
    if description is not None:
        row.description = description
    for flag, allowed in _ALLOWED.items():
        wanted = getattr(draft, flag)
        if flag not in draft.given or wanted == before[flag]:
            continue
        if (before[flag], wanted) not in allowed:
            raise schema_change(f"{flag} cannot be changed to {wanted}.".lower(), property=row.name)
        setattr(row, flag, wanted)
    if {name: getattr(row, name) for name in before} == before:
        return False
    if (row.is_index, row.is_unique) != (before["is_index"], before["is_unique"]):
        require_settled(row)
    was_searched = before["is_index"] or before["is_unique"]
    is_searched = row.is_index or row.is_unique
    if is_searched and not was_searched:
        if not data_type(row.data_type_name).is_indexable:
            raise schema_change("This type cannot be indexed.", property=row.name)
        if has_objects(row.collection_id):
            row.is_index_ready = False
            start_job(actor, row.collection, SchemaJob.Kind.INDEX, row)
    elif was_searched and not is_searched:
        start_job(actor, row.collection, SchemaJob.Kind.DROP_INDEX, row)
    row.modified_at = timezone.now()
    row.save()
    return True


def require_settled(row: Property) -> None:
    """PV9006 while a job still changes the property."""
    if SchemaJob.objects.unfinished().filter(property_id=row.pk).exists():
        raise schema_change("A change of the property is still under way.", property=row.name)


def start_job(
    actor: Actor, collection: Collection, kind: SchemaJob.Kind, row: Property | None = None
) -> SchemaJob:
    """Write the job's row, and ring the worker once the transaction is through."""
    job = SchemaJob.objects.create(
        collection=collection,
        kind=kind,
        property_id=row.pk if row else None,
        property_name=row.name if row else "",
        requested_by_id=actor.user_id if actor.kind in User.Kind.values else None,
    )
    transaction.on_commit(lambda: run_schema_job.delay(str(job.pk)), robust=True)
    return job


def touch(collection: Collection) -> None:
    """Note that the schema has changed; the triggers move the epoch."""
    collection.modified_at = timezone.now()
    collection.save(update_fields=["modified_at"])


def compiled(collection: Collection) -> CollectionSchema:
    """The schema as this transaction sees it, for the answer; no cache keeps it."""
    rows = Property.objects.filter(collection=collection).order_by("name")
    return CollectionSchema(
        id=collection.id,
        name=collection.name,
        type=collection.type,
        created_at=collection.created_at,
        modified_at=collection.modified_at,
        properties={row.name: catalog.compile_property(row) for row in rows},
        needs_ticket=collection.needs_ticket,
    )
