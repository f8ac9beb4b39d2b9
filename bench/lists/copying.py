"""Very many rows in one statement: by COPY, or as variations of one that stands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import AutoField, BigAutoField, Model, SmallAutoField
from django.db.models.fields import NOT_PROVIDED

_NUMBERED = (AutoField, BigAutoField, SmallAutoField)


def copy(rows: Mapping[str, Sequence[tuple[Any, ...]]], columns: Mapping[str, str]) -> None:
    """Rows by table, in the order of ``columns``: the names of each table's columns."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        for table, names in columns.items():
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as stream:
                for row in rows[table]:
                    stream.write_row(row)


def repeat(row: Model, ids: Sequence[UUID] | Sequence[int], first: int = 0, **changes: str) -> None:
    """One row for each of ``ids``, as ``row`` but for what ``changes`` says in SQL.

    In it ``made.id`` is the new row's id, ``made.n`` its number, of text and from ``first`` on, and
    ``t`` the row that stands. Sealed values are copied as they are: they open for ``row`` alone.
    """
    if not ids:
        return
    meta = type(row)._meta
    columns: dict[str, str] = {}
    for field in meta.local_concrete_fields:
        column = str(field.column)
        if column in changes:
            columns[column] = changes[column].replace("%", "%%")
        elif field.primary_key:
            if not isinstance(field, _NUMBERED):
                columns[column] = "made.id"
        elif getattr(field, "db_default", NOT_PROVIDED) is NOT_PROVIDED:
            columns[column] = f't."{column}"'
    names = ", ".join(f'"{name}"' for name in columns)
    kind = "uuid" if isinstance(ids[0], UUID) else "bigint"
    pk = meta.pk.column
    sql = f"""
        INSERT INTO {meta.db_table} ({names}) SELECT {", ".join(columns.values())}
        FROM {meta.db_table} t, (
            SELECT id, lpad((place - 1 + %s)::text, 7, '0') AS n
            FROM unnest(%s::{kind}[]) WITH ORDINALITY AS given (id, place)
        ) AS made WHERE t."{pk}" = %s
    """  # noqa: S608 names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, list(ids), row.pk])


def ids_since(start: datetime, numbers: range, step: timedelta) -> list[UUID]:
    """A UUIDv7 for each number, ``step`` after the one before it."""
    return [_id_at(start + step * number) for number in numbers]


def _id_at(at: datetime) -> UUID:
    milliseconds = int(at.timestamp() * 1000)
    tail = (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return UUID(int=(milliseconds << 80) | tail)
