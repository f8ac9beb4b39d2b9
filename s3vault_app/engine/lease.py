"""Which worker has a job: a lease in the job's row, renewed while the worker lives.

A worker that dies leaves a lease that runs out; then another takes the job. A worker that comes
back late finds that it is no longer its own, and lets go.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from s3vault_app.engine.board import Stop
from s3vault_app.models import Job


class Lease:
    """One worker's hold on one job."""

    def __init__(self, job_id: int, owner: str) -> None:
        self.job_id = job_id
        self.owner = owner
        self._renewed = time.monotonic()

    @classmethod
    def take(cls, job_id: int) -> Lease | None:
        """Hold the job, or None: it is finished, paused, or somebody works on it or its pool."""
        owner = f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        with transaction.atomic():
            job = Job.objects.filter(pk=job_id).only("pool_id").first()
            if job is None:
                return None
            # Jobs of one pool work on the same machines: one at a time.
            with connection.cursor() as cursor:
                key = f"s3vault.pool:{job.pool_id or job_id}"
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [key])
            busy = Job.objects.filter(
                pool_id=job.pool_id, state=Job.State.RUNNING, lease_until__gt=timezone.now()
            ).exclude(pk=job_id)
            if job.pool_id and busy.exists():
                return None
            due = Job.objects.due().filter(pk=job_id)
            taken = Job.objects.filter(pk__in=due.values("pk")).update(
                state=Job.State.RUNNING,
                lease_owner=owner,
                lease_until=_end(),
                heartbeat_at=timezone.now(),
                started_at=Coalesce("started_at", Now()),
                attempts=F("attempts") + 1,
                reason="",
            )
        return cls(job_id, owner) if taken else None

    def tick(self) -> Stop | None:
        """Renew it when it is time to, and see what people asked meanwhile."""
        held = Job.objects.filter(pk=self.job_id, lease_owner=self.owner, state=Job.State.RUNNING)
        if time.monotonic() - self._renewed > settings.S3VAULT_LEASE_SECONDS / 4:
            if not held.update(lease_until=_end(), heartbeat_at=timezone.now()):
                return "lost"
            self._renewed = time.monotonic()
        asked = held.values_list("kill_asked_at", "pause_asked_at").first()
        if asked is None:
            return "lost"
        kill, pause = asked
        return "kill" if kill else "pause" if pause else None

    def end(self, state: str, reason: str = "") -> bool:
        """Let go of the job in its new state; False when it was no longer ours."""
        over = state not in Job.UNFINISHED
        changes: dict[str, Any] = {
            "state": state,
            "reason": reason[:450],
            "lease_owner": "",
            "lease_until": None,
            "finished_at": timezone.now() if over else None,
            "updated_at": timezone.now(),
        }
        if state in (Job.State.COMPLETED, Job.State.PARTIAL):
            changes |= {"percent": 100, "phase": ""}
        if state == Job.State.SUSPENDED:
            changes["pause_asked_at"] = None
        held = Job.objects.filter(pk=self.job_id, lease_owner=self.owner)
        return bool(held.update(**changes))


def _end() -> object:
    return timezone.now() + timedelta(seconds=settings.S3VAULT_LEASE_SECONDS)
