"""One statement on Django's own connection: it is counted and joins the transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection
from psycopg import errors

from collections_app.errors import concurrent, timed_out

_CONFLICTS = (errors.DeadlockDetected, errors.LockNotAvailable, errors.SerializationFailure)


@contextmanager
def _worded() -> Iterator[None]:
    """What the database says of other callers and of time, in the words of the contract."""
    try:
        yield
    except OperationalError as fault:
        if isinstance(fault.__cause__, _CONFLICTS):
            raise concurrent() from None
        if isinstance(fault.__cause__, errors.QueryCanceled):
            raise timed_out() from None
        raise


def fetch(sql: str, params: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of one statement."""
    with _worded(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def run(sql: str, params: Mapping[str, Any] | Sequence[Any]) -> int:
    """How many rows one statement touched."""
    with _worded(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
