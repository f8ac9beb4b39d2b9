"""Sweeps of what has run out, and rotations of keys. Safe to run twice and beside themselves."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from celery import shared_task
from django.utils import timezone
from oauth2_provider.models import clear_expired

from vaultportal.crypto import jobs
from vaultportal.crypto.models import KeyJob
from vaultportal.directory import notices, throttle
from vaultportal.directory.models import SpentLogin
from vaultportal.directory.services import key_jobs
from vaultportal.identity.actor import system
from vaultportal.identity.sessions import SessionStore

PIECE_SECONDS = 60.0


@shared_task
def sweep() -> None:
    """Delete what is over: tokens, codes, sessions, log-in tickets, counters, notices."""
    clear_expired()
    SessionStore.clear_expired()
    SpentLogin.objects.filter(expires_at__lte=timezone.now()).delete()
    throttle.sweep()
    notices.sweep()


@shared_task(name="directory.rotate_keys")
def rotate_keys(job_id: str) -> None:
    """Renew for a minute, then have oneself rung again; the row says where the job stands."""
    noting = partial(key_jobs.note_end, system())
    job = jobs.go_on(UUID(job_id), seconds=PIECE_SECONDS, at_end=noting)
    if job is not None and job.state == KeyJob.State.RUNNING:
        rotate_keys.delay(job_id)


@shared_task(name="directory.pump")
def pump() -> None:
    """Ring for rotations that were lost, and for notices that are due."""
    for job_id in jobs.lost():
        rotate_keys.delay(str(job_id))
    for notice_id in notices.due():
        send_notice.delay(str(notice_id))


@shared_task(name="directory.send_notice")
def send_notice(notice_id: str) -> None:
    """Safe to run twice, late or beside itself."""
    notices.send(UUID(notice_id))
