"""New generations of keys, asked for by people and made by a job; old ones, ended."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from vaultportal import trail
from vaultportal.crypto import jobs, rotation
from vaultportal.crypto.errors import UnknownKey
from vaultportal.crypto.models import DataKey, KeyJob
from vaultportal.directory.permissions import DataKeyPermission
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

LATEST = 10
# Everything that such a scope seals hangs on keys of objects, which say what they are wrapped by.
# Of all others, something sealed may lie where nobody counts it: in backups, or with callers.
COUNTED = "secrets:"


@trail.unit()
def rotate(actor: Actor, kind: str) -> KeyJob:
    """Have a new root key, or new data keys, made and everything renewed under them.

    Raises:
        Forbidden; Conflict: keys are being rotated already.
    """
    access.require(actor, DataKeyPermission.CHANGE, DataKey)
    row = jobs.begin(KeyJob.Kind(kind), actor.user_id, actor.name)
    trail.record(actor, "key.rotate", _target(row), kind=row.kind)
    transaction.on_commit(lambda: _ring(row.pk), robust=True)
    return row


def list_jobs(actor: Actor) -> list[KeyJob]:
    """The latest, newest first. Raises Forbidden."""
    access.require(actor, DataKeyPermission.VIEW, DataKey)
    return list(KeyJob.objects.all()[:LATEST])


def under_way(actor: Actor) -> QuerySet[KeyJob]:
    """Those that run now; none without the right to see them."""
    rows = KeyJob.objects.filter(state=KeyJob.State.RUNNING)
    return rows if access.holds(actor, DataKeyPermission.VIEW) else rows.none()


@trail.unit()
def end_data_key(actor: Actor, key_id: UUID) -> DataKey:
    """Forget an old data key of secrets for good, once nothing is wrapped by it any more.

    Raises:
        NotFound, Forbidden; Conflict: it seals, something is still wrapped by it, or it is one of
            a scope of which nobody can say what it still opens.
    """
    access.require(actor, DataKeyPermission.DELETE, DataKey)
    row = DataKey.objects.filter(pk=key_id).first()
    if row is None:
        raise NotFound("key")
    if not row.scope.startswith(COUNTED):
        raise Conflict(
            "key",
            "What this key still opens cannot be counted, so it is kept. Only old data keys of "
            "secrets are ended here.",
        )
    try:
        rotation.destroy_data_key(row.scope, row.version)
    except UnknownKey:
        raise NotFound("key") from None
    trail.record(
        actor, "key.end", Target("key", str(row.pk), str(row)), scope=row.scope, version=row.version
    )
    row.refresh_from_db()
    return row


@trail.unit()
def note_end(actor: Actor, job: KeyJob) -> None:
    """Have it in the trail how a rotation ended; called in the transaction that ends it."""
    outcome = "success" if job.state == KeyJob.State.DONE else "failure"
    trail.record(
        actor,
        "key.rotated",
        _target(job),
        outcome=outcome,
        kind=job.kind,
        renewed=job.done,
        do_not_open=job.found,
    )


def _target(row: KeyJob) -> Target:
    return Target("key_job", str(row.pk), row.kind)


def _ring(job_id: UUID) -> None:
    from vaultportal.directory import tasks  # noqa: PLC0415 the task calls the service above

    tasks.rotate_keys.delay(str(job_id))
