"""The Celery doors of log shipping. A message carries an id; the row decides."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from vaultportal.shipping import backlog, work

# A turn ends after some seconds and the batch that is on its way then.
SOFT_SECONDS = 45
HARD_SECONDS = 55  # within the lease: whoever is ended so has nobody beside it


@shared_task(name="shipping.pump")
def pump() -> None:
    """Ring for each target that something waits for."""
    for target_id in backlog.due():
        ship.delay(str(target_id))


@shared_task(name="shipping.ship", soft_time_limit=SOFT_SECONDS, time_limit=HARD_SECONDS)
def ship(target_id: str) -> None:
    """One turn at one target; then to the end of the queue while there is more."""
    if work.run(UUID(target_id)):
        ship.delay(target_id)
