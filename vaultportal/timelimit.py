"""A limit on the time that the database may take for an answer that one can do without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg.errors import QueryCanceled

# What it was, and what it is from now until the end of the transaction.
_LIMIT = """
SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)
"""


class TooSlow(Exception):
    """The statement took longer than it may."""


@contextmanager
def within(milliseconds: int) -> Iterator[CursorWrapper]:
    """Each statement of the block has so long; one after it has the limit of before.

    Raises:
        TooSlow: one took longer; what the block wrote is undone.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMIT, [str(milliseconds)])
            [before, _] = cursor.fetchone()
            yield cursor
            cursor.execute(_LIMIT, [before])
    except OperationalError as late:
        if not isinstance(late.__cause__, QueryCanceled):
            raise
        raise TooSlow from late
