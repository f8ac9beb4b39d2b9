"""The doors of Celery; the work is in lifecycle.py."""

from __future__ import annotations

from celery import shared_task

from secrets_app import lifecycle


@shared_task
def return_overdue() -> None:
    """Check-outs whose time is over."""
    lifecycle.return_overdue()


@shared_task
def sweep() -> None:
    """Versions by age, the tail of the change feed, imports that died."""
    lifecycle.prune_versions()
    lifecycle.prune_changes()
    lifecycle.close_stalled_imports()
