"""Sweeps of what has run out, and rotations of keys. Safe to run twice and beside themselves."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone
from oauth2_provider.models import clear_expired

from vaultportal.crypto import jobs
from vaultportal.crypto.models import KeyJob
from vaultportal.directory import throttle
from vaultportal.directory.models import SpentLogin
from vaultportal.directory.services import key_jobs
from vaultportal.identity.actor import system
from vaultportal.identity.sessions import SessionStore

PIECE_SECONDS = 60.0


@shared_task
def sweep() -> None:
    """Delete expired tokens, codes, sessions, log-in tickets and counters of failures."""
    clear_expired()
    SessionStore.clear_expired()
    SpentLogin.objects.filter(expires_at__lte=timezone.now()).delete()
    throttle.sweep()


@shared_task(name="directory.rotate_keys")
def rotate_keys(job_id: str) -> None:
    """Renew for a minute, then have oneself rung again; the row says where the job stands."""
    job = jobs.go_on(UUID(job_id), seconds=PIECE_SECONDS)
    if job is None:
        return
    if job.state == KeyJob.State.RUNNING:
        rotate_keys.delay(job_id)
    else:
        key_jobs.note_end(system(), job)


@shared_task(name="directory.pump")
def pump() -> None:
    """Ring for rotations that were lost."""
    for job_id in jobs.lost():
        rotate_keys.delay(str(job_id))
