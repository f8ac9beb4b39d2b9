"""A store that is to take no writes, so that its data can be moved, and to take them again."""

from __future__ import annotations

from django.utils import timezone

from s3vault_app import rows
from s3vault_app.models import Job, Machine, StoragePool
from s3vault_app.services import endpoints, jobs
from vaultportal import trail
from vaultportal.errors import Conflict
from vaultportal.identity.actor import Actor


@trail.unit()
def drain(actor: Actor, number: int) -> Job:
    """Let a store take no writes; reading goes on. All endpoints of its pool follow it.

    Pairs that are made meanwhile read too, and write when it is taken back. Safe to repeat when
    the job before did not get there.

    Raises:
        Forbidden, NotFound; Conflict: there is no endpoint, it keeps no data, or a job is at it.
    """
    machine, pool = _store(actor, number)
    if pool.drains and pool.jobs.unfinished().filter(type=Job.Type.DRAIN).exists():
        message = "A job is draining it already."
        raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
    pool.drain_asked_at, pool.drained_at = pool.drain_asked_at or timezone.now(), None
    return _begun(actor, Job.Type.DRAIN, machine, pool)


@trail.unit()
def take_back(actor: Actor, number: int) -> Job:
    """Let a store take writes again. Raises as ``drain``; Conflict also when it does not drain."""
    machine, pool = _store(actor, number)
    if not pool.drains:
        raise Conflict("endpoint", "It takes writes.", reason=endpoints.WRONG_STATE)
    pool.drain_asked_at = pool.drained_at = None
    return _begun(actor, Job.Type.UNDRAIN, machine, pool)


def require_takes_writes(pool: StoragePool) -> None:
    """Conflict while nothing new may come into the pool."""
    if pool.drains:
        message = "The store of the plan is drained: it takes nothing new."
        raise Conflict("plan", message, reason=endpoints.WRONG_STATE)


def _store(actor: Actor, number: int) -> tuple[Machine, StoragePool]:
    """The machine and its pool, locked."""
    machine = endpoints.installed(actor, number)
    if machine.role != Machine.Role.STORE or machine.pool is None:
        message = "It keeps no data, and may be uninstalled as it is. The store can be drained."
        raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
    return machine, rows.pool(machine.pool.number)


def _begun(actor: Actor, kind: Job.Type, machine: Machine, pool: StoragePool) -> Job:
    pool.save(update_fields=["drain_asked_at", "drained_at", "updated_at"])
    job = jobs.begin(actor, kind, pool=pool, machines=[machine])
    action = "s3_endpoint.drain" if kind == Job.Type.DRAIN else "s3_endpoint.undrain"
    trail.record(actor, action, endpoints.target(machine), job=job.pk, pool=pool.number)
    return job
