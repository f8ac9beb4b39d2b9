"""Jobs from the worker's side: taken, worked on, brought to an end; found again when lost.

The row is the truth and the message a bell. ``run`` may be called for any job at any time, by
several workers: one of them gets the lease, and all others return.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from celery import current_app
from django.conf import settings

from s3vault_app import events
from s3vault_app.drivers.base import EngineError
from s3vault_app.drivers.hosts.base import HostError
from s3vault_app.engine.board import Board, Stop, Stopped
from s3vault_app.engine.flows import Flow, Result
from s3vault_app.engine.lease import Lease
from s3vault_app.engine.running import Run, StepFailed
from s3vault_app.engine.turns import give_back
from s3vault_app.models import Endpoint, Job, JobEvent, JobStep, Machine, Vault
from vaultportal import trail
from vaultportal.identity import actor as actors
from vaultportal.trail import Target

logger = logging.getLogger(__name__)
TASK = "s3vault.run_job"


def enqueue(job: Job) -> None:
    """Ring for a job whose row is committed."""
    current_app.send_task(TASK, [job.pk])


def run(job_id: int) -> None:
    """Work on a job until it ends, pauses, or is another worker's."""
    lease = Lease.take(job_id)
    if lease is None:
        return
    job = Job.objects.select_related("vault", "vault__pool", "vault__plan", "pool").get(pk=job_id)
    try:
        _work(Flow(Run(job, lease)))
    finally:
        give_back()
    _ring_next(job)


def _work(flow: Flow) -> None:
    try:
        result = flow.work()
    except Stopped as stopped:
        _stopped(flow, stopped.why)
    except (StepFailed, HostError, EngineError) as fault:
        _finish(flow, Result(fatal=str(fault)))
    except Exception:  # a bug must not leave a job that runs again for ever
        logger.exception("Job %s broke.", flow.run.job.pk)
        _finish(flow, Result(fatal="The portal made a mistake; its log says which."))
    else:
        _finish(flow, result)


def sweep() -> int:
    """Ring for each job that waits, or whose worker died; how many. For the beat."""
    due = list(Job.objects.due().order_by("pk").values_list("pk", flat=True)[:100])
    for job_id in due:
        current_app.send_task(TASK, [job_id])
    return len(due)


def _ring_next(job: Job) -> None:
    """Jobs of one pool go one after another."""
    waiting = Job.objects.filter(pool_id=job.pool_id, state=Job.State.WAITING).order_by("pk")
    if job.pool_id and (following := waiting.first()):
        enqueue(following)


def _stopped(flow: Flow, why: Stop) -> None:
    running = flow.run
    if why == "lost":
        logger.info("Job %s is another worker's by now.", running.job.pk)
        return
    if why == "pause":
        running.log.say("It pauses, as was asked.")
        if _goes_back(running, flow.rest):
            running.lease.end(Job.State.SUSPENDED, "A person paused it.")
        return
    running.log.say("It was asked to stop. What it did is taken back.")
    if not _goes_back(running, flow.undo):
        return
    with trail.unit():
        if running.lease.end(Job.State.KILLED, "It was stopped on request."):
            _settle(flow, Result(fatal="The job was stopped on request."))
            _tell(flow, Job.State.KILLED)


def _goes_back(running: Run, act: Callable[[], None]) -> bool:
    """Done whatever is asked meanwhile; False when the job is another worker's by now."""
    running.board = Board(lambda: _only_lost(running.lease), settings.S3VAULT_TICK_SECONDS)
    try:
        running.board.look()
        act()
    except Stopped:
        return False
    return True


def _only_lost(lease: Lease) -> Stop | None:
    return "lost" if lease.tick() == "lost" else None


def _finish(flow: Flow, result: Result) -> None:
    """Job, vault and endpoints in one transaction with what is told of them."""
    running = flow.run
    if result.fatal:
        state, reason = Job.State.FAILED, result.fatal
    elif result.failed:
        state, reason = Job.State.PARTIAL, "; ".join(result.failed.values())
    else:
        state, reason = Job.State.COMPLETED, ""
    with trail.unit():
        if not running.lease.end(state, running.log.masked(reason)):
            return
        severity = (
            JobEvent.Severity.INFO if state == Job.State.COMPLETED else JobEvent.Severity.MAJOR
        )
        running.log.say(f"{state}. {reason}".strip(), severity=severity)
        _settle(flow, result)
        _tell(flow, state)


def _settle(flow: Flow, result: Result) -> None:
    """How the vault stands now."""
    vault, job = flow.vault, flow.run.job
    if vault is None:
        return
    vault.refresh_from_db()
    if job.type == Job.Type.DELETE and not result.fatal:
        vault.endpoints.all().delete()
        vault.keys.all().delete()
        vault.state, vault.deleted_at = Vault.State.DELETED, vault.updated_at
        vault.failure = ""
        vault.save()
        return
    reason = flow.run.log.masked(result.fatal or "; ".join(result.failed.values()))[:450]
    before = vault.state
    if job.type == Job.Type.DELETE:  # it stands as before, and says why
        vault.state, vault.failure = Vault.State.DEGRADED, reason
        for endpoint in vault.endpoints.select_related("machine"):
            online = endpoint.machine is None or (
                endpoint.machine.engine_state == Machine.EngineState.ONLINE
            )
            endpoint.state = Endpoint.State.ONLINE if online else Endpoint.State.OFFLINE
            endpoint.save(update_fields=["state", "updated_at"])
    elif not reason:
        vault.endpoints.filter(state=Endpoint.State.INSTALLING).update(state=Endpoint.State.ONLINE)
        failed = vault.endpoints.filter(state=Endpoint.State.FAILED).select_related("machine")
        reason = "; ".join(f"{each.machine or each.url}: {each.failure}" for each in failed)[:450]
        vault.state = Vault.State.DEGRADED if reason else Vault.State.ACTIVE
        vault.failure = reason
    else:
        vault.state = Vault.State.DEGRADED if vault.bucket_made_at else Vault.State.FAILED
        vault.failure = reason
        vault.endpoints.filter(state=Endpoint.State.INSTALLING).update(
            state=Endpoint.State.FAILED, failure=reason
        )
    vault.save()
    if vault.state == Vault.State.DEGRADED and before != Vault.State.DEGRADED:
        trail.emit(
            events.S3_VAULT_DEGRADED, actors.system(), **events.subject(vault), reason=reason
        )


def _tell(flow: Flow, state: Job.State) -> None:
    vault, job = flow.vault, flow.run.job
    target = Target("s3_job", str(job.pk), job.type)
    outcome = "success" if state == Job.State.COMPLETED else "failure"
    trail.record(actors.system(), "s3_job.finish", target, outcome=outcome, state=str(state))
    if job.type not in (Job.Type.CREATE, Job.Type.UPDATE, Job.Type.INSTALL, Job.Type.UPGRADE):
        return
    touched = job.steps.exclude(machine=None)
    failed = touched.filter(state=JobStep.State.FAILED)
    trail.emit(
        events.ENDPOINT_INSTALL_FINISHED,
        actors.system(),
        id=str(job.pk),
        name=vault.name if vault else job.type,
        job={
            "id": str(job.pk),
            "status": str(state),
            "startedAt": _wire_time(job.started_at or job.created_at),
            "hostsTotal": touched.values("machine").distinct().count(),
            "hostsFailed": failed.values("machine").distinct().count(),
        },
        endpoints=_doors(job, vault),
    )


def _doors(job: Job, vault: Vault | None) -> list[dict[str, str]]:
    """Those of the vault, and the job's machines that have none there: taken back, or not yet."""
    rows = [] if vault is None else list(vault.endpoints.select_related("machine"))
    others = job.machines.exclude(pk__in=[row.machine_id for row in rows if row.machine_id])
    return [
        {
            "name": each.machine.name if each.machine else each.url,
            "url": each.url,
            "status": each.state.upper(),
        }
        for each in rows
    ] + [
        {"name": each.name, "url": each.url, "status": each.engine_state.upper()}
        for each in others.order_by("number")
    ]


def _wire_time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
