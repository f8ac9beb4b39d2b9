"""The sweep of the outbox."""

from __future__ import annotations

from celery import shared_task

from vaultportal.events import outbox


@shared_task
def sweep_events() -> None:
    """Safe to run twice, late or beside itself."""
    outbox.sweep()
