"""What is old goes: outcomes with their attempts, and replays, batch after batch."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

BATCH = 1000
MAX_BATCHES = 50
# By primary key, which is in the order of time: the scan stops at the first that is too young.
_OLD = """
SELECT id FROM triggers_app_invocation
WHERE id < %s::uuid AND completed_at IS NOT NULL
ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_DELETE = (
    "DELETE FROM triggers_app_attempt WHERE invocation_id = ANY(%s)",
    "DELETE FROM triggers_app_invocation WHERE id = ANY(%s)",
)
_DELETE_REPLAYS = "DELETE FROM triggers_app_replayjob WHERE finished_at < %s"


def prune() -> int:
    """Delete invocations that ended and are older than TRIGGERS_LOG_DAYS; how many."""
    oldest = timezone.now() - timedelta(days=settings.TRIGGERS_LOG_DAYS)
    first_kept = f"{int(oldest.timestamp() * 1000) << 80:032x}"
    total = 0
    for _ in range(MAX_BATCHES):
        deleted = _prune_batch(first_kept)
        total += deleted
        if deleted < BATCH:
            break
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_REPLAYS, [oldest])
    return total


def _prune_batch(first_kept: str) -> int:
    """A transaction of its own: short locks, and a sweep that may die at any time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_OLD, [first_kept, BATCH])
        ids = [row[0] for row in cursor.fetchall()]
        if ids:
            for statement in _DELETE:
                cursor.execute(statement, [ids])
    return len(ids)
