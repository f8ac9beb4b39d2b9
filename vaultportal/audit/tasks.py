"""Work on the trail that no request waits for. A message carries an id; the row decides."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.db import OperationalError

from vaultportal.audit import checkpoints
from vaultportal.audit.models import Export
from vaultportal.audit.selectors import Filter, entries
from vaultportal.audit.services import exporting, verifying
from vaultportal.errors import Conflict, Unauthenticated
from vaultportal.identity import actor as actors
from vaultportal.identity import authentication

PIECE_SECONDS = 60.0


@shared_task
def take_checkpoint() -> None:
    """Safe to run twice or late: each run signs what is there, and appends what the file lacks."""
    checkpoints.take()


@shared_task(name="audit.verify")
def verify(run: str) -> None:
    """Read on for a minute; safe to run twice, late or beside itself."""
    if verifying.go_on(UUID(run), seconds=PIECE_SECONDS):
        verify.delay(run)


@shared_task(name="audit.export")
def export(export_id: str) -> None:
    """Write on for a minute, with the rights that its person has now; as safe as ``verify``."""
    row = Export.objects.filter(pk=export_id, state=Export.State.RUNNING).first()
    if row is None:
        return
    try:
        actor = authentication.user_actor(row.asked_by)
    except Unauthenticated:  # disabled meanwhile: nobody may fetch it
        row.delete()
        return
    try:
        found = entries(actor, Filter.of_dict(row.wanted))
        is_more = exporting.write(row, found, seconds=PIECE_SECONDS)
    except OperationalError:  # the database is away or busy; the pump rings again
        raise
    except Exception:  # whatever it is, it would be so at each ring
        exporting.fail(row.pk)
        raise
    if is_more:
        export.delay(export_id)


@shared_task(name="audit.pump")
def pump() -> None:
    """Ring for what was lost, begin the daily reading, forget what is over."""
    if verifying.is_due():
        system = actors.system()
        try:
            verify.delay(str(verifying.begin(system.user_id, system.name).pk))
        except Conflict:
            return  # begun by hand a moment ago; the next round looks after it
    for run in verifying.lost():
        verify.delay(str(run))
    for export_id in exporting.lost():
        export.delay(str(export_id))
    exporting.sweep()
