"""The sweep of what dead processes left behind, and backups. A message carries an id."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from vaultportal import trail
from vaultportal.errors import VaultError
from vaultportal.identity.actor import system
from vaultportal.ops.backups import jobs
from vaultportal.ops.backups.errors import Busy
from vaultportal.trail import orphans

logger = logging.getLogger(__name__)
PUMP_SECONDS = 60
# A large database takes its time; the row tells when its worker has died.
MOST_SECONDS, SOFT_SECONDS = 86_400, 86_000


@shared_task
def ship_orphaned_spools() -> None:
    """Safe to run twice or beside itself: a file has one shipper, an entry one place."""
    orphans.sweep()


@shared_task(name="ops.back_up", time_limit=MOST_SECONDS, soft_time_limit=SOFT_SECONDS)
def back_up(backup_id: str) -> None:
    """Make the backup that waits; safe to run twice, late or beside itself."""
    try:
        jobs.carry_out(UUID(backup_id))
    except (VaultError, ImproperlyConfigured) as refusal:  # the row tells why
        logger.warning("A backup was not made (%s)", type(refusal).__name__)


@shared_task(name="ops.test_restore", time_limit=MOST_SECONDS, soft_time_limit=SOFT_SECONDS)
def test_restore(backup_id: str) -> None:
    """Try out the backup that waits for it; as safe as ``back_up``."""
    try:
        jobs.try_out(UUID(backup_id))
    except (VaultError, ImproperlyConfigured) as refusal:  # as above
        logger.warning("A restore was not proved (%s)", type(refusal).__name__)


@shared_task(name="ops.tidy_backups")
def tidy_backups() -> None:
    """Remove what is kept for too long, where the folder of the backups can be written.

    Each hour, whatever is there: only the worker that runs it need see the folder, and a dead disk
    may hold up who looks.
    """
    try:
        jobs.tidy()
    except Busy:
        return  # whoever works sweeps too, or the next round does
    except VaultError as refusal:
        logger.warning("Old backups were not removed (%s)", type(refusal).__name__)


@shared_task(name="ops.pump_backups")
def pump_backups() -> None:
    """Ring for what was lost, end what died, begin what the schedule asks for."""
    if jobs.is_due():
        try:
            with trail.unit():
                row = jobs.ask(system(), Path(settings.PORTAL_BACKUP_DIR), is_scheduled=True)
                trail.record(system(), "backup.make", jobs.target_of(row))
        except Busy:  # asked for by hand a moment ago, or by a process that is dead
            pass
    found = jobs.waiting()
    # Behind long work on machines they would pile up.
    for backup_id in found.backups:
        back_up.apply_async((str(backup_id),), expires=PUMP_SECONDS)
    for backup_id in found.tests:
        test_restore.apply_async((str(backup_id),), expires=PUMP_SECONDS)
