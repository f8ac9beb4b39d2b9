"""The sweep of what dead processes left behind."""

from __future__ import annotations

from celery import shared_task

from vaultportal.trail import orphans


@shared_task
def ship_orphaned_spools() -> None:
    """Safe to run twice or beside itself: a file has one shipper, an entry one place."""
    orphans.sweep()
