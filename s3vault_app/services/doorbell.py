"""Tell workers that a row waits. A bell only: a broker that is away must not fail what is saved.

The sweeps of the beat find the rows that nobody was told of. Functions, no partials: Django names
one that failed by its ``__qualname__``, which a partial lacks.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from celery import current_app
from django.db import transaction

from s3vault_app.models import Job

RUN = "s3vault.run_job"
# Compares what is wanted (``s3vault_app.identities``) with what was applied, for these users.
SYNC = "s3vault.sync_identities"


def job_waits(job: Job) -> None:
    """After the commit: let a worker take the job, or look at what it was asked."""
    transaction.on_commit(lambda: current_app.send_task(RUN, [job.pk]), robust=True)


def apply_now(user_id: UUID) -> None:
    """After the commit: every engine learns of a user's pairs before the caller is answered.

    An engine that is away is told by the sweep.
    """
    transaction.on_commit(lambda: _apply(user_id), robust=True)


def _apply(user_id: UUID) -> None:
    from s3vault_app.engine import keys  # noqa: PLC0415 boto3, asyncssh: for this alone

    keys.sync([user_id])


def identities_changed(user_ids: Collection[UUID]) -> None:
    """After the commit: let every engine learn of the pairs and rights of these users."""
    named = sorted(str(user_id) for user_id in user_ids)
    transaction.on_commit(lambda: current_app.send_task(SYNC, [named]), robust=True)
