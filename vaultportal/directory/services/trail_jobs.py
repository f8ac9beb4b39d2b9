"""Asking for work on the audit trail, a verification or an export; each is an entry itself."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from vaultportal import trail
from vaultportal.audit import tasks
from vaultportal.audit.models import AuditEntry, Export, Verification
from vaultportal.audit.permissions import AuditPermission
from vaultportal.audit.selectors import Filter
from vaultportal.audit.services import exporting, verifying
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

LATEST = 20


@trail.unit()
def verify_trail(actor: Actor) -> Verification:
    """Have the whole trail read through.

    Raises:
        Forbidden: the actor may not see the trail.
        Conflict: a reading is running.
    """
    access.require(actor, AuditPermission.VIEW, AuditEntry)
    trail.record(actor, "audit.verify", Target("audit", "trail"))
    row = verifying.begin(actor.user_id, actor.name)
    transaction.on_commit(lambda: tasks.verify.delay(str(row.pk)), robust=True)
    return row


def list_verifications(actor: Actor) -> list[Verification]:
    """The latest readings, newest first. Raises Forbidden."""
    access.require(actor, AuditPermission.VIEW, AuditEntry)
    return list(Verification.objects.order_by("-id").defer("heads")[:LATEST])


@trail.unit()
def export_trail(actor: Actor, wanted: Filter, form: str) -> Export:
    """Have entries written into a file, for one download within a day.

    form: ``ndjson`` with the bytes that the chain covers, or ``csv`` for a table.

    Raises:
        Forbidden: the actor may not see the whole trail.
    """
    access.require(actor, AuditPermission.VIEW, AuditEntry)
    row = exporting.begin(actor.user_id, actor.name, wanted.as_dict(), Export.Format(form))
    # The filter's texts are names of people and things, as the entries themselves hold them.
    chosen = [f"{name}={value}" for name, value in sorted(row.wanted.items())]
    trail.record(
        actor, "audit.export", Target("audit_export", str(row.pk)), format=form, filter=[*chosen]
    )
    transaction.on_commit(lambda: tasks.export.delay(str(row.pk)), robust=True)
    return row


def list_exports(actor: Actor) -> list[Export]:
    """The actor's own exports of the last day, newest first. Raises Forbidden."""
    access.require(actor, AuditPermission.VIEW, AuditEntry)
    return list(Export.objects.filter(asked_by=actor.user_id).order_by("-id")[:LATEST])


@trail.unit()
def take_export(actor: Actor, export_id: UUID) -> Export:
    """Begin the one download of an own export; ``exporting.content`` has the file.

    Raises:
        NotFound: there is none that waits for this actor.
        Forbidden: the actor may not see the trail any more.
    """
    access.require(actor, AuditPermission.VIEW, AuditEntry)
    row = exporting.take(export_id, actor.user_id)
    if row is None:
        raise NotFound("export")
    target = Target("audit_export", str(row.pk))
    trail.record(actor, "audit.download", target, format=row.format, entries=row.rows)
    return row
