"""Jobs: made in the transaction of what asks for them, rung for after it, steered by people.

The row is the truth. A worker takes it, works step by step, and looks between steps whether it was
asked to stop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.utils import timezone, translation

from s3vault_app import rows, selectors
from s3vault_app.models import Job, JobEvent, Machine, StoragePool, Vault
from s3vault_app.permissions import JobPermission, MachinePermission, VaultPermission
from s3vault_app.services import approval, doorbell
from vaultportal import trail
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

WRONG_STATE = "s3.wrong_state"
INSTALLS = (Job.Type.CREATE, Job.Type.UPDATE, Job.Type.INSTALL)
# What these do is asked for anew where it is asked for: what holds before it is asked there.
TAKING = frozenset({Job.Type.DELETE, Job.Type.UNINSTALL})
OF_ENDPOINT = frozenset({Job.Type.DRAIN, Job.Type.UNDRAIN, Job.Type.UPGRADE})


def begin(
    actor: Actor,
    type: Job.Type,
    *,
    vault: Vault | None = None,
    pool: StoragePool | None = None,
    machines: Iterable[Machine] = (),
    options: dict[str, Any] | None = None,
    resubmit_of: Job | None = None,
) -> Job:
    """A waiting job, within the caller's unit of work; workers learn of it after the commit.

    It asks nobody: the service that calls it has checked the right and leaves the trace.
    """
    job = Job.objects.create(
        type=type,
        vault=vault,
        pool=pool or (vault.pool if vault else None),
        options=options or {},
        resubmit_of=resubmit_of,
        created_by_id=rows.author(actor),
    )
    job.machines.set(machines)
    with translation.override("en"):  # a row is read by everybody, whoever asked
        name = str(job.get_type_display())
    JobEvent.objects.create(job=job, text=f"{name} was asked for.")
    doorbell.job_waits(job)
    return job


@trail.unit()
def kill(actor: Actor, job_id: int) -> None:
    """Ask a job to stop at its next step and to undo what it had half done.

    Raises:
        NotFound: there is none that the actor may see; Forbidden; Conflict: it has come to its end.
    """
    job = _steered(actor, job_id)
    job.kill_asked_at = job.kill_asked_at or timezone.now()
    job.save(update_fields=["kill_asked_at", "updated_at"])
    _note(actor, job, "s3_job.kill", "A stop was asked for.")
    doorbell.job_waits(job)


@trail.unit()
def pause(actor: Actor, job_id: int) -> None:
    """Ask a job to wait at its next step. Raises as ``kill``."""
    job = _steered(actor, job_id)
    if job.state == Job.State.WAITING:
        job.state = Job.State.SUSPENDED
    job.pause_asked_at = job.pause_asked_at or timezone.now()
    job.save(update_fields=["state", "pause_asked_at", "updated_at"])
    _note(actor, job, "s3_job.pause", "A pause was asked for.")


@trail.unit()
def resume(actor: Actor, job_id: int) -> None:
    """Let a paused job go on. Raises as ``kill``."""
    job = _steered(actor, job_id)
    job.pause_asked_at = None
    if job.state == Job.State.SUSPENDED:
        job.state = Job.State.WAITING
    job.save(update_fields=["state", "pause_asked_at", "updated_at"])
    _note(actor, job, "s3_job.resume", "It was asked to go on.")
    doorbell.job_waits(job)


def resubmit(actor: Actor, job_id: int, only: Collection[int] = ()) -> Job:
    """Ask for a finished job once more; what stands already is found to stand.

    only: the numbers of those machines to work on; empty for all of them.

    Raises:
        NotFound, Forbidden; Conflict: it has not come to its end, it takes something away, its
            vault is gone or going, another job works on that, or a machine is none of the job's.
            Pending, Forbidden: a gate stands before it (``approval``).
    """
    with trail.unit():
        job = _repeatable(actor, job_id)
        machines = [machine.number for machine in _chosen(job, only)]
    if job.type in INSTALLS:
        approval.before_install(actor, _target(job), machines, resubmit_of=job.pk)
    return _resubmit(actor, job_id, only)


@trail.unit()
def _resubmit(actor: Actor, job_id: int, only: Collection[int]) -> Job:
    job = _repeatable(actor, job_id)
    chosen = _chosen(job, only)
    options = {key: value for key, value in job.options.items() if key != Job.ONLY}
    if only:
        options[Job.ONLY] = [machine.number for machine in chosen]
    again = begin(
        actor,
        Job.Type(job.type),
        vault=job.vault,
        pool=job.pool,
        machines=chosen,
        options=options,
        resubmit_of=job,
    )
    told = {"machines": options[Job.ONLY]} if only else {}
    trail.record(actor, "s3_job.resubmit", _target(again), of=job.pk, **told)
    return again


def _chosen(job: Job, only: Collection[int]) -> list[Machine]:
    """The machines to work on again: of the job, and of those that joined for it."""
    found = list(job.machines.filter(deleted_at=None).order_by("number"))
    if not only:
        return found
    if job.type not in INSTALLS:
        raise Conflict("job", "The job cannot be repeated in part.", reason=WRONG_STATE)
    worked_on = Machine.objects.filter(deleted_at=None, pk__in=job.steps.values("machine"))
    known = {machine.number: machine for machine in [*found, *worked_on]}
    if set(only) - set(known):
        raise Conflict("job", "The job did not work on this machine.", reason=WRONG_STATE)
    return [known[number] for number in sorted(set(only))]


def _seen(actor: Actor, job_id: int) -> Job:
    """The job, locked."""
    job = (
        selectors.jobs.list_jobs(actor)
        .select_related(None)
        .select_for_update(of=("self",))
        .filter(pk=job_id)
        .first()
    )
    if job is None:
        raise NotFound("job", reason=rows.UNKNOWN_ID)
    return job


def _repeatable(actor: Actor, job_id: int) -> Job:
    """The job, locked, if it may be asked for once more as things are now."""
    job = _seen(actor, job_id)
    _require_steer(actor, job)
    if not job.is_finished:
        raise Conflict("job", "The job has not come to its end.", reason=WRONG_STATE)
    if job.type in TAKING:
        message = "The job takes something away: ask for that again, and not for the job."
        raise Conflict("job", message, reason=WRONG_STATE)
    if job.type in OF_ENDPOINT:
        message = "Ask the endpoint for that again, and not the job."
        raise Conflict("job", message, reason=WRONG_STATE)
    if job.vault_id is None:
        return job
    vault = Vault.objects.select_for_update().get(pk=job.vault_id)
    if vault.state in (Vault.State.DELETING, Vault.State.DELETED):
        raise Conflict("job", "The vault of the job is gone, or going.", reason=WRONG_STATE)
    if vault.jobs.unfinished().exists():
        raise Conflict("job", "Another job works on the vault.", reason=WRONG_STATE)
    return job


def _steered(actor: Actor, job_id: int) -> Job:
    job = _seen(actor, job_id)
    _require_steer(actor, job)
    if job.is_finished:
        raise Conflict("job", "The job has come to its end.", reason=WRONG_STATE)
    return job


def _require_steer(actor: Actor, job: Job) -> None:
    """Whoever may change all jobs, the job's vault, or, where it has none, machines."""
    if access.holds(actor, JobPermission.CHANGE):
        return
    if job.vault is not None:
        access.require(actor, VaultPermission.CHANGE, job.vault)
    else:
        access.require(actor, MachinePermission.CHANGE, Machine)


def _note(actor: Actor, job: Job, action: str, text: str) -> None:
    JobEvent.objects.create(job=job, percent=job.percent, text=text)
    trail.record(actor, action, _target(job))


def _target(job: Job) -> Target:
    return Target("s3_job", str(job.pk), job.type)
