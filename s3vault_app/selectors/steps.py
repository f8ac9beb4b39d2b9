"""Jobs from close up: their steps, machines and lines."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from s3vault_app import rows
from s3vault_app.models import Job, JobEvent, JobStep, Machine, Vault
from s3vault_app.permissions import JobPermission, MachinePermission, VaultPermission
from s3vault_app.selectors import jobs
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Lines:
    """A part of a log, the oldest line first. has_older: whether there is more before it."""

    events: list[JobEvent]
    has_older: bool


def get_job(actor: Actor, job_id: int) -> Job:
    """One job with who asked for it; NotFound for one that the actor may not see."""
    found = jobs.list_jobs(actor).select_related("vault__plan", "created_by").filter(pk=job_id)
    job = found.first()
    if job is None:
        raise NotFound("job", reason=rows.UNKNOWN_ID)
    return job


def may_steer(actor: Actor, job: Job) -> bool:
    """Whether the actor may stop, pause or repeat the job."""
    if access.holds(actor, JobPermission.CHANGE):
        return True
    if job.vault is not None:
        return access.may(actor, VaultPermission.CHANGE, job.vault)
    return access.may(actor, MachinePermission.CHANGE, Machine)


def may_steer_some(actor: Actor) -> bool:
    """Whether there can be jobs that the actor may steer: of all, of machines, of some vaults."""
    if access.holds(actor, JobPermission.CHANGE):
        return True
    if access.may(actor, MachinePermission.CHANGE, Machine):
        return True
    return may_change_some_vault(actor)


def may_change_some_vault(actor: Actor) -> bool:
    """Whether the actor may change vaults, all or some."""
    if access.holds(actor, VaultPermission.CHANGE):
        return True
    live = Vault.objects.live()
    return access.permitted(actor, VaultPermission.CHANGE, live).exists()


def steps_of(job: Job) -> list[JobStep]:
    """In their order; for a job that the caller may see."""
    return list(job.steps.select_related("machine").order_by("position", "pk"))


def machines_of(job: Job) -> list[Machine]:
    """Those that the job works on, the store first; their logins stay sealed."""
    sealed = ("password", "private_key", "passphrase", "certificate_key", "certificate")
    return list(job.machines.defer(*sealed).order_by("-role", "number"))


def last_event(job: Job) -> int:
    """The number of the newest line; 0 for none."""
    return int(job.events.aggregate(most=Max("pk"))["most"] or 0)


def lines(
    job: Job,
    *,
    after: int = 0,
    before: int = 0,
    machine: UUID | None = None,
    least: int = 0,
    most: int = MOST_LINES,
) -> Lines:
    """A part of the log: what came after a line, or the last before one.

    machine: those of one machine only. least: of this severity or worse.
    """
    found = job.events.select_related("machine").filter(severity__gte=least)
    if machine is not None:
        found = found.filter(machine=machine)
    if after:
        return Lines(list(found.filter(pk__gt=after).order_by("pk")[:most]), has_older=False)
    if before:
        found = found.filter(pk__lt=before)
    newest = list(found.order_by("-pk")[: most + 1])
    return Lines(newest[:most][::-1], has_older=len(newest) > most)
