"""The Celery doors of the triggers. Messages say "look"; the rows say what is to be done."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from triggers_app.engine import pump as deliveries
from triggers_app.engine import replaying, retention, ringing
from triggers_app.gates import decisions


@shared_task(name=ringing.PUMP)
def pump() -> None:
    """Deliver for some seconds, then go to the end of the queue while there is more."""
    if deliveries.run():
        ringing.ring()


@shared_task(name=ringing.PUMP_GATES)
def pump_gates() -> None:
    """The same for what a vault operation waits for."""
    if deliveries.run(gates_only=True):
        ringing.ring_gates()


@shared_task(name=ringing.SWEEP_REPLAYS)
def sweep_replays() -> None:
    """Ring for replays that nobody works on."""
    for job_id in replaying.open_jobs():
        replay.delay(str(job_id))


@shared_task(name="triggers.replay")
def replay(job_id: str) -> None:
    """Safe to run twice, late or beside itself."""
    replaying.run(UUID(job_id))


@shared_task(name="triggers.prune")
def prune() -> None:
    """Delete what is older than the log is kept."""
    retention.prune()


@shared_task(name="triggers.expire_approvals")
def expire_approvals() -> None:
    """Close what waited for a decision, or was allowed and not used, until its time was over."""
    while decisions.expire_late(timezone.now()) == decisions.BATCH:
        pass
