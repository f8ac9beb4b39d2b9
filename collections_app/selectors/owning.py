"""Which objects an object belongs to, and how much belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from collections_app.schema.compiled import CollectionSchema

LONGEST_CHAIN = 8


@dataclass(frozen=True, slots=True)
class Owning:
    """An object further up: where it is, and which it is."""

    collection: str
    object_id: UUID


@dataclass(frozen=True, slots=True)
class Attached:
    """What hangs on one object. tokens: that stand for it; objects: that it owns directly."""

    tokens: int
    objects: int


def owners_of(schema: CollectionSchema, object_id: UUID, visible: set[str]) -> list[Owning]:
    """The owner, the owner's owner and so on, as far as the reader sees the collections.

    visible: names of the collections that the reader may know of.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE chain AS (
                SELECT object.owner_id, 0 AS depth FROM collections_app_object object
                WHERE object.collection_id = %s AND object.object_id = %s
                UNION ALL
                SELECT owner.owner_id, chain.depth + 1 FROM chain
                JOIN collections_app_object owner ON owner.seq = chain.owner_id
                WHERE chain.depth < %s
            )
            SELECT collection.name, owner.object_id FROM chain
            JOIN collections_app_object owner ON owner.seq = chain.owner_id
            JOIN collections_app_collection collection ON collection.id = owner.collection_id
            WHERE collection.deleted_at IS NULL ORDER BY chain.depth
            """,
            [schema.id, object_id, LONGEST_CHAIN],
        )
        chain = [Owning(name, found) for name, found in cursor.fetchall()]
    seen: list[Owning] = []
    for each in chain:
        if each.collection not in visible:
            break
        seen.append(each)
    return seen


def attached_to(schema: CollectionSchema, object_id: UUID) -> Attached:
    """What goes or is archived when the object is erased: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT
                (SELECT count(*) FROM collections_app_token token
                    WHERE token.object_id = object.seq),
                (SELECT count(*) FROM collections_app_object owned
                    WHERE owned.owner_id = object.seq)
            FROM collections_app_object object
            WHERE object.collection_id = %s AND object.object_id = %s
            """,
            [schema.id, object_id],
        )
        row = cursor.fetchone() or (0, 0)
    return Attached(int(row[0]), int(row[1]))
