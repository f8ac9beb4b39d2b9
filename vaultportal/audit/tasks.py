"""The hourly checkpoint."""

from __future__ import annotations

from celery import shared_task

from vaultportal.audit import checkpoints


@shared_task
def take_checkpoint() -> None:
    """Safe to run twice or late: each run signs what is there, and appends what the file lacks."""
    checkpoints.take()
