"""What the worker does by the clock. Everything here may run twice, late or beside itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection

from secrets_app import custody
from secrets_app.models import Checkout, ImportJob, Secret, SecretChange
from vaultportal import trail

BATCH = 1000
MAX_BATCHES = 100
STALLED_IMPORT = timedelta(hours=1)

# The current version stays whatever its age.
_PRUNE = """
DELETE FROM secrets_app_secretversion WHERE id = ANY(ARRAY(
    SELECT v.id FROM secrets_app_secretversion v JOIN secrets_app_secret s ON s.id = v.secret_id
    WHERE v.number < s.version
    AND v.created_at < %s - make_interval(days => coalesce(s.keep_days, nullif(%s::int, 0))::int)
    LIMIT %s FOR UPDATE OF v SKIP LOCKED
))
"""


def return_overdue() -> int:
    """Take secrets back whose time is over, and give them to who waits; how many."""
    now = datetime.now(UTC)
    overdue = Checkout.objects.filter(state=Checkout.State.HELD, ends_at__lte=now)
    secret_ids = list(overdue.values_list("secret_id", flat=True)[:BATCH])
    for secret_id in secret_ids:
        _return(secret_id, now)
    return len(secret_ids)


@trail.unit()
def _return(secret_id: UUID, now: datetime) -> None:
    if Secret.objects.select_for_update().filter(pk=secret_id).exists():
        custody.next_holder(secret_id, now)


def prune_versions() -> int:
    """Erase versions that are older than their secret, or the portal, keeps them; how many."""
    total = 0
    with connection.cursor() as cursor:
        for _ in range(MAX_BATCHES):
            cursor.execute(_PRUNE, [datetime.now(UTC), settings.SECRETS_KEEP_DAYS, BATCH])
            total += cursor.rowcount
            if cursor.rowcount < BATCH:
                break
    return total


def prune_changes() -> int:
    """Forget changes that no reader of the feed may ask for any more; how many."""
    oldest = datetime.now(UTC) - timedelta(days=settings.SECRETS_CHANGES_DAYS)
    deleted, _ = SecretChange.objects.filter(at__lt=oldest).delete()
    return deleted


def close_stalled_imports() -> int:
    """Mark imports whose process died as failed; they have written nothing. How many.

    A file that was read in and never run goes as well.
    """
    now = datetime.now(UTC)
    forgotten = ImportJob.objects.filter(
        state=ImportJob.State.STAGED, created_at__lt=now - STALLED_IMPORT
    )
    forgotten.update(state=ImportJob.State.FAILED, finished_at=now, staged=None)
    stalled = ImportJob.objects.filter(
        state=ImportJob.State.RUNNING, started_at__lt=now - STALLED_IMPORT
    )
    return stalled.update(state=ImportJob.State.FAILED, finished_at=now, staged=None)
