"""A value to look for wherever it must not be."""

from __future__ import annotations

from django.db import connection, models

CANARY = "canary-5ecret-in-the-mine"


def carries(blob: object) -> bool:
    """Whether the canary is in there, in any usual spelling."""
    data = blob if isinstance(blob, bytes) else repr(blob).encode() + str(blob).encode()
    return CANARY.encode() in data or CANARY.encode("utf-16-le") in data


def raw(row: models.Model, column: str = "secret") -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s",  # noqa: S608 names of this file
            [row.pk],
        )
        found = cursor.fetchone()[0]
    return None if found is None else bytes(found)
