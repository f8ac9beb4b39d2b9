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
        Forbidden, NotFound; Conflict: there is no endpoint, it keeps no data, it is drained, or a
            job is at it.
    """
    machine, pool = _store(actor, number)
    if pool.is_drained:
        raise Conflict("endpoint", "It is drained already.", reason=endpoints.WRONG_STATE)
    if pool.drains and _is_asked(pool, Job.Type.DRAIN):
        message = "A job is draining it already."
        raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
    pool.drain_asked_at, pool.drained_at = pool.drain_asked_at or timezone.now(), None
    return _begun(actor, Job.Type.DRAIN, machine, pool)


@trail.unit()
def take_back(actor: Actor, number: int) -> Job:
    """Let a store take writes again; until that was tried it counts as one that refuses them.

    Safe to repeat when the job before did not get there. Raises as ``drain``; Conflict also when it
    takes writes.
    """
    machine, pool = _store(actor, number)
    if not pool.may_refuse_writes:
        raise Conflict("endpoint", "It takes writes.", reason=endpoints.WRONG_STATE)
    if pool.comes_back and _is_asked(pool, Job.Type.UNDRAIN):
        message = "A job is taking it back already."
        raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
    # A drain that was never proved may have been told to some endpoints.
    pool.drain_asked_at, pool.drained_at = None, pool.drained_at or pool.drain_asked_at
    return _begun(actor, Job.Type.UNDRAIN, machine, pool)


def is_being_taken_back(pool: StoragePool | None) -> bool:
    """Whether a job is to let it take writes again; False also when such a job has failed."""
    return pool is not None and pool.comes_back and _is_asked(pool, Job.Type.UNDRAIN)


def require_takes_writes(pool: StoragePool) -> None:
    """Conflict while nothing new may come into the pool."""
    if pool.may_refuse_writes:
        message = "The store of the plan is drained: it takes nothing new."
        raise Conflict("plan", message, reason=endpoints.WRONG_STATE)


def _store(actor: Actor, number: int) -> tuple[Machine, StoragePool]:
    """The machine and its pool, locked."""
    machine = endpoints.installed(actor, number)
    if machine.role != Machine.Role.STORE or machine.pool is None:
        message = "It keeps no data, and may be uninstalled as it is. The store can be drained."
        raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
    return machine, rows.pool(machine.pool.number)


def _is_asked(pool: StoragePool, kind: Job.Type) -> bool:
    return pool.jobs.unfinished().filter(type=kind).exists()


def _begun(actor: Actor, kind: Job.Type, machine: Machine, pool: StoragePool) -> Job:
    pool.save(update_fields=["drain_asked_at", "drained_at", "updated_at"])
    job = jobs.begin(actor, kind, pool=pool, machines=[machine])
    action = "s3_endpoint.drain" if kind == Job.Type.DRAIN else "s3_endpoint.undrain"
    trail.record(actor, action, endpoints.target(machine), job=job.pk, pool=pool.number)
    return job
