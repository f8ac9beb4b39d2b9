"""Import: first the row, then the file; a dry run tells everything that the real one would do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from secrets_app import queries, refusals, types
from secrets_app.models import ImportJob
from secrets_app.payload import Payload
from secrets_app.services import secrets, sharing
from secrets_app.services.secrets import Draft, Prepared
from secrets_app.transfer import formats
from secrets_app.transfer.entries import Entry, name_of
from secrets_app.transfer.formats import FORMATS, Upload
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, NotFound, VaultError
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

State = ImportJob.State
ON_CONFLICT = ("refuse", "skip")
MAX_TOLD = 1000
STEP = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of a file.

    source: one of ``FORMATS``. shared: shared secrets instead of the actor's own.
    folder: put before every name. on_conflict: what happens to names that are taken.
    """

    source: str
    dry_run: bool = False
    shared: bool = False
    folder: str = ""
    on_conflict: str = "refuse"
    read_roles: tuple[UUID, ...] = ()
    write_roles: tuple[UUID, ...] = ()


@trail.unit()
def plan_import(actor: Actor, plan: Plan) -> ImportJob:
    """Make the row that the file will be sent to, and that can be watched meanwhile.

    Raises:
        Forbidden: the actor may not create secrets there, or not share them.
        Invalid: an unknown format.
    """
    if plan.source not in FORMATS:
        raise refusals.invalid(Fault("format", "choice", f"must be one of {', '.join(FORMATS)}"))
    if "\0" in plan.folder:
        raise refusals.invalid(Fault("folder", "format", "must not hold control characters"))
    owner_id = None if plan.shared else actor.user_id
    refusals.unless_may_create(actor, owner_id)
    sharing.require_for_new(actor, owner_id, plan.read_roles, plan.write_roles)
    job = ImportJob.objects.create(
        author_id=actor.user_id,
        source=plan.source,
        dry_run=plan.dry_run,
        options={
            "shared": plan.shared,
            "folder": plan.folder,
            "on_conflict": plan.on_conflict,
            "read_roles": [str(role) for role in plan.read_roles],
            "write_roles": [str(role) for role in plan.write_roles],
        },
        created_at=datetime.now(UTC),
    )
    trail.record(
        actor, "secret.import_plan", target_of(job), format=plan.source, dry_run=plan.dry_run
    )
    return job


def run_import(actor: Actor, job_id: UUID, upload: Upload) -> ImportJob:
    """Take the file in: every entry of it or none. The row tells how far it is and what came of it.

    Raises:
        NotFound: the actor has planned no such import; Conflict: it was run already.
        Forbidden: the actor may not create secrets there any more, or not share them.
        Invalid, Forbidden: the file cannot be read, or what it holds cannot be stored; the report
            of the row says which entries are in the way.
    """
    job = get_import(actor, job_id)
    unless_may_run(actor, job)
    claimed = ImportJob.objects.filter(pk=job.pk, state=State.WAITING).update(
        state=State.RUNNING, started_at=datetime.now(UTC)
    )
    if not claimed:
        raise Conflict("import", "This import was run already.")
    try:
        _run(actor, job, upload)
    except VaultError:
        finish(job, State.FAILED)
        raise
    except BaseException:  # whatever it is, the job must not look as if it went on
        finish(job, State.FAILED)
        raise
    return job


def unless_may_run(actor: Actor, job: ImportJob) -> None:
    """Forbidden when the actor may not create now, or not share, what the job was planned for."""
    owner_id = None if job.options["shared"] else actor.user_id
    refusals.unless_may_create(actor, owner_id)
    sharing.require_for_new(actor, owner_id, job.options["read_roles"], job.options["write_roles"])


def get_import(actor: Actor, job_id: UUID) -> ImportJob:
    """One's own import; NotFound for others'."""
    job = ImportJob.objects.filter(pk=job_id, author_id=actor.user_id).first()
    if job is None:
        raise NotFound("import")
    return job


def list_imports(actor: Actor) -> list[ImportJob]:
    """One's own imports, newest first."""
    return list(ImportJob.objects.filter(author_id=actor.user_id).order_by("-id")[:100])


def _run(actor: Actor, job: ImportJob, upload: Upload) -> None:
    entries = formats.read(job.source, upload)
    owner_id = None if job.options["shared"] else actor.user_id
    folder = job.options["folder"]
    drafts = [draft_of(entry, owner_id, folder, job) for entry in entries]
    taken = queries.taken_names(owner_id, (draft.name for draft in drafts))
    skips = job.options["on_conflict"] == "skip"
    job.total = len(drafts)
    job.report = _report(zip(entries, drafts, strict=True), taken, skips=skips)
    if taken and not skips:
        raise Conflict("import", f"{len(taken)} names are taken already.", reason="import.taken")
    if skips:
        drafts = [draft for draft in drafts if draft.name not in taken]
    prepared = _prepare(job, drafts)
    if job.dry_run:
        finish(job, State.DONE)
        return
    _store(actor, job, prepared)


def _prepare(job: ImportJob, drafts: list[Draft]) -> list[Prepared]:
    """Seal them all, outside of any transaction, so that whoever watches sees it go on."""
    prepared = []
    problems: list[dict[str, str]] = []
    for number, draft in enumerate(drafts, start=1):
        try:
            prepared.append(secrets.prepare(draft))
        except VaultError as refusal:
            problems.append({"name": draft.name, "problem": refusal.message})
        if number % STEP == 0:
            ImportJob.objects.filter(pk=job.pk).update(done=number, total=job.total)
    job.done = len(prepared)
    if problems:
        job.report["problems"] = problems[:MAX_TOLD]
        raise refusals.invalid(
            Fault("content", "format", f"has {len(problems)} entries that cannot be stored")
        )
    return prepared


@trail.unit()
def _store(actor: Actor, job: ImportJob, prepared: list[Prepared]) -> None:
    for each in prepared:
        secrets.store(actor, each)
    finish(job, State.DONE)
    trail.record(actor, "secret.import", target_of(job), format=job.source, secrets=len(prepared))


def draft_of(entry: Entry, owner_id: UUID | None, folder: str, job: ImportJob) -> Draft:
    payload = Payload.of(entry.data)
    kind = entry.type
    if kind and not types.fits(kind, payload):
        kind = ""
    return Draft(
        name_of(folder, entry.name) if folder else entry.name,
        payload,
        owner_id,
        tuple(UUID(role) for role in job.options["read_roles"]),
        tuple(UUID(role) for role in job.options["write_roles"]),
        kind,
        entry.expires_at,
    )


def _report(
    pairs: Iterable[tuple[Entry, Draft]], taken: set[str], *, skips: bool
) -> dict[str, Any]:
    rows = [
        {
            "name": draft.name,
            "type": draft.type or "json",
            "fields": len(entry.data),
            "lost": list(entry.lost),
            "becomes": ("skipped" if skips else "taken") if draft.name in taken else "secret",
        }
        for entry, draft in pairs
    ]
    return {
        "secrets": sum(row["becomes"] == "secret" for row in rows),
        "taken": sorted(taken)[:MAX_TOLD],
        "with_losses": sum(bool(row["lost"]) for row in rows),
        "entries": rows[:MAX_TOLD],
        "problems": [],
    }


def finish(job: ImportJob, state: ImportJob.State) -> None:
    job.state = state
    job.finished_at = datetime.now(UTC)
    job.staged = None
    if state == State.FAILED:
        job.done = 0
    job.save(update_fields=["state", "finished_at", "total", "done", "report", "staged"])


def target_of(job: ImportJob) -> Target:
    return Target("import", str(job.pk))
