"""Compiled schemas, kept by each process and checked against the database in passing.

Triggers move ``SchemaEpoch`` on with every change of a collection or property. Statements of the
data plane read it along with what they are after (``rows``); when it moved they raise
``SchemaMoved``, and ``run`` loads the schemas anew and starts over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connection

from collections_app import typetable
from collections_app.errors import TIMED_OUT, collection_missing, concurrent
from collections_app.models import Collection, Property
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.datatypes import BUILTIN, DataType
from vaultportal.errors import Invalid, NotFound, Unavailable

T = TypeVar("T")
ATTEMPTS = 5


class SchemaMoved(Exception):
    """The database is at another epoch than the schema that was used."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All live collections and custom data types at one epoch, by name."""

    epoch: int
    collections: Mapping[str, CollectionSchema]
    types: Mapping[str, DataType] = field(default_factory=dict)


_held = Catalog(epoch=-1, collections={})


def epoch() -> int:
    """The database's epoch now: one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM collections_app_schemaepoch")
        row = cursor.fetchone()
    return int(row[0])


def refresh() -> Catalog:
    """Load every schema: four statements or five, kept until the epoch moves."""
    global _held
    # Read first: a change that commits in between is then noticed by the next comparison.
    now = epoch()
    types = typetable.load()
    properties: dict[object, dict[str, PropertySchema]] = {}
    for row in Property.objects.filter(collection__deleted_at=None).order_by("name"):
        properties.setdefault(row.collection_id, {})[row.name] = compile_property(row, types)
    loaded = Catalog(
        epoch=now,
        collections={
            row.name: CollectionSchema(
                id=row.id,
                name=row.name,
                type=row.type,
                created_at=row.created_at,
                modified_at=row.modified_at,
                properties=properties.get(row.id, {}),
                epoch=now,
                needs_ticket=row.needs_ticket,
            )
            for row in Collection.objects.live()
        },
        types=types,
    )
    _held = loaded
    return loaded  # not whatever another thread has put there since


def compile_property(row: Property, types: Mapping[str, DataType] | None = None) -> PropertySchema:
    """The row as the data plane sees it; ``types`` are those of this process, unless given."""
    return PropertySchema(
        id=row.id,
        name=row.name,
        data_type=_type_of(row.data_type_name, _held.types if types is None else types),
        description=row.description,
        is_unique=row.is_unique,
        is_index=row.is_index,
        is_substring_index=row.is_substring_index,
        is_encrypted=row.is_encrypted,
        is_nullable=row.is_nullable,
        is_substring_ready=row.is_substring_ready,
        is_index_ready=row.is_index_ready,
        is_guarding=row.is_guarding,
        is_sealing=row.is_sealing,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def _type_of(name: str, types: Mapping[str, DataType]) -> DataType:
    found = types.get(name) or BUILTIN.get(name)
    # Made since this process has looked: read anew, and kept by the next refresh only.
    return found if found is not None else typetable.load()[name]


def custom_type(name: str) -> DataType | None:
    """The custom data type of that name, None when there is none."""
    held = _held  # another thread may put a newer one there meanwhile
    found = held.types.get(name)
    if found is None and epoch() != held.epoch:
        # Not kept: within a transaction the epoch may be one that is rolled back.
        found = typetable.load().get(name)
    return found if found is not None and not found.is_builtin else None


def known(name: str) -> CollectionSchema:
    """The schema as this process knows it, unchecked; NotFound only when the database agrees."""
    held = _held  # another thread may put a newer one there meanwhile
    found = held.collections.get(name)
    if found is None and epoch() != held.epoch:
        found = refresh().collections.get(name)
    if found is None:
        raise collection_missing()
    return found


def current() -> Catalog:
    """Every schema, checked against the database: one statement when nothing changed."""
    held = _held
    return held if epoch() == held.epoch else refresh()


def run(name: str, work: Callable[[CollectionSchema], T]) -> T:
    """``work`` with the schema of ``name``, again when a statement finds that it has moved."""
    for _ in range(ATTEMPTS):
        schema = known(name)
        try:
            return work(schema)
        except SchemaMoved:
            refresh()
        except (NotFound, Invalid, Unavailable) as refusal:
            # Nothing is written yet when these rise; an old schema may be the only thing wrong.
            if refusal.reason == TIMED_OUT or epoch() == schema.epoch:
                raise
            refresh()
    raise concurrent()


def forget() -> None:
    """Know nothing, as a new process does."""
    global _held
    _held = Catalog(epoch=-1, collections={})
