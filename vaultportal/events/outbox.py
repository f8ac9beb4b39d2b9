"""The outbox seen from its end: what is left, and what may go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from vaultportal.events.signals import emitted

BATCH = 2000
MAX_BATCHES = 50

# In both, an array: IN (SELECT … LIMIT) may be asked for each row anew, and then takes more.
_MARK = """
UPDATE events_event SET dispatched_at = %s WHERE id = ANY(ARRAY(
    SELECT id FROM events_event WHERE dispatched_at IS NULL
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
))
"""
# By primary key, which is in the order of time: the scan stops at the first row that is too young.
_DELETE = """
DELETE FROM events_event WHERE id = ANY(ARRAY(
    SELECT id FROM events_event
    WHERE id < %s::uuid AND dispatched_at IS NOT NULL
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
))
"""


def sweep() -> int:
    """Delete events that were dispatched and are older than EVENTS_RETENTION_DAYS; how many.

    Where no app listens to ``emitted``, nobody will ever dispatch: what is there counts as
    dispatched, so that it does not pile up and is not delivered years later.
    """
    now = timezone.now()
    if not emitted.has_listeners():
        _in_batches(_MARK, now)
    oldest = now - timedelta(days=settings.EVENTS_RETENTION_DAYS)
    return _in_batches(_DELETE, _first_id(oldest))


def backlog() -> int:
    """How many events nobody has taken yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_event WHERE dispatched_at IS NULL")
        (found,) = cursor.fetchone() or (0,)
    return int(found)


def _in_batches(statement: str, parameter: datetime | str) -> int:
    """Each batch is a transaction of its own: short locks, and a sweep that may die at any time."""
    total = 0
    with connection.cursor() as cursor:
        for _ in range(MAX_BATCHES):
            cursor.execute(statement, [parameter, BATCH])
            total += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    return total


def _first_id(at: datetime) -> str:
    """The lowest UUIDv7 of a millisecond, as hexadecimal digits."""
    return f"{int(at.timestamp() * 1000) << 80:032x}"
