"""Owners: PERSONS objects that DATA objects belong to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from collections_app.errors import objects_missing
from collections_app.rows.statements import fetch


@dataclass(frozen=True, slots=True)
class Owner:
    """What an owned object takes from its owner."""

    seq: int
    tenant_id: str | None
    ends_at: datetime | None


def find_owners(wanted: Iterable[tuple[str, UUID] | None]) -> dict[tuple[str, UUID], Owner]:
    """The owners by collection and id, kept from being erased until the transaction ends.

    No statement when none is wanted.

    Raises:
        NotFound: PV3005, one is not there, archived or no PERSONS object.
    """
    pairs = sorted({pair for pair in wanted if pair is not None})
    if not pairs:
        return {}
    rows = fetch(
        """
        SELECT collection.name, object.object_id, object.seq, object.tenant_id, object.ends_at
        FROM unnest(%s::text[], %s::uuid[]) AS wanted(name, object_id)
        JOIN collections_app_collection collection ON collection.name = wanted.name
            AND collection.deleted_at IS NULL AND collection.type = 'PERSONS'
        JOIN collections_app_object object ON object.collection_id = collection.id
            AND object.object_id = wanted.object_id
            AND (object.ends_at IS NULL OR object.ends_at > now())
        ORDER BY object.seq FOR KEY SHARE OF object
        """,
        [[name for name, _ in pairs], [object_id for _, object_id in pairs]],
    )
    found = {(row[0], row[1]): Owner(row[2], row[3], row[4]) for row in rows}
    missing = [str(object_id) for name, object_id in pairs if (name, object_id) not in found]
    if missing:
        raise objects_missing(missing)
    return found
