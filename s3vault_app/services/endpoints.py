"""Endpoints: machines put into the service of a pool, and doors of vaults on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from s3vault_app import rows
from s3vault_app.models import Endpoint, Job, Machine, StoragePool, Vault
from s3vault_app.permissions import MachinePermission
from s3vault_app.services import approval, jobs
from vaultportal import trail
from vaultportal.errors import Conflict, Forbidden
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

WRONG_STATE = "s3.wrong_state"


def require_may_take(actor: Actor, pool: StoragePool, machines: Sequence[Machine]) -> None:
    """Refuse machines that the actor may not put to work for the pool.

    Whoever may make vaults may use what serves the pool already; to install on a further machine
    takes the right to change machines.

    Raises:
        Forbidden; Conflict: the host key is not accepted or has changed, or another pool is served.
    """
    if machines and not pool.installs:
        message = "The store of the plan has endpoints of its own: name no machines."
        raise Conflict("client", message, reason=WRONG_STATE)
    for machine in machines:
        if machine.pool_id != pool.pk:
            if not access.holds(actor, MachinePermission.CHANGE):
                raise Forbidden("client", "You may not install endpoints on machines.")
            require_free(machine)
        require_trusted(machine)


def require_free(machine: Machine) -> None:
    """Conflict when the machine serves a pool."""
    if machine.pool_id is not None:
        raise Conflict(
            "client",
            "A machine serves another storage pool, and can serve one only.",
            reason=WRONG_STATE,
            context={"client": machine.name},
        )


def require_trusted(machine: Machine) -> None:
    """Conflict unless somebody has accepted the host key that the machine shows."""
    if machine.state == Machine.State.NEW:
        message = "The host key of a machine was not accepted yet."
    elif machine.state == Machine.State.KEY_CHANGED:
        message = "The host key of a machine has changed. Nothing is done there."
    else:
        return
    raise Conflict("client", message, reason=WRONG_STATE, context={"client": machine.name})


def enlist(pool: StoragePool, machines: Sequence[Machine]) -> None:
    """Put locked machines into the service of a pool: the first ever is its store."""
    # Locked, so that two first vaults of a pool do not both choose a store.
    StoragePool.objects.select_for_update().get(pk=pool.pk)
    has_store = Machine.objects.filter(pool=pool, role=Machine.Role.STORE).exists()
    for machine in machines:
        if machine.pool_id == pool.pk:
            continue
        machine.pool = pool
        machine.role = Machine.Role.GATEWAY if has_store else Machine.Role.STORE
        machine.engine_state = Machine.EngineState.INSTALLING
        machine.save(update_fields=["pool", "role", "engine_state", "updated_at"])
        has_store = True


def open_doors(vault: Vault, machines: Iterable[Machine]) -> None:
    """Rows for the doors of a vault on machines that serve its pool."""
    for machine in machines:
        ready = machine.engine_state == Machine.EngineState.ONLINE and vault.bucket_made_at
        Endpoint.objects.get_or_create(
            vault=vault,
            machine=machine,
            defaults={
                "url": machine.url,
                "role": machine.role,
                "state": Endpoint.State.ONLINE if ready else Endpoint.State.INSTALLING,
            },
        )


def install(actor: Actor, number: int, pool_number: int | None = None) -> Job:
    """Make a machine an endpoint of a pool; one that is so already is verified.

    pool_number: None for the machine's own, else for the only pool there is.

    Raises:
        Forbidden, NotFound; Conflict: as ``require_may_take``, or there are several pools.
        Pending, Forbidden: a gate stands before it (``approval``).

    Source: Commvault, ``POST V4/Client/{clientId}/CVS3Endpoint``; contract section 4.
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines_unlocked([number])
    approval.before_install(actor, target(machine), [number], pool=pool_number)
    return _install(actor, number, pool_number)


@trail.unit()
def _install(actor: Actor, number: int, pool_number: int | None) -> Job:
    [machine] = rows.machines([number])
    pool = _pool(machine, pool_number)
    require_may_take(actor, pool, [machine])
    enlist(pool, [machine])
    job = jobs.begin(actor, Job.Type.INSTALL, pool=pool, machines=[machine])
    trail.record(actor, "s3_endpoint.install", target(machine), job=job.pk)
    return job


@trail.unit()
def uninstall(actor: Actor, number: int) -> Job:
    """Take the endpoint off a machine, with its doors of all vaults.

    Raises:
        Forbidden, NotFound; Conflict: none is installed, or it is the store of live vaults.
    """
    machine = installed(actor, number)
    if machine.role == Machine.Role.STORE and Vault.objects.live().filter(pool=machine.pool):
        raise Conflict(
            "endpoint", "The machine keeps the data of vaults. Delete those first.", reason="in_use"
        )
    machine.engine_state = Machine.EngineState.REMOVING
    machine.save(update_fields=["engine_state", "updated_at"])
    machine.endpoints.update(state=Endpoint.State.REMOVING)
    job = jobs.begin(actor, Job.Type.UNINSTALL, pool=machine.pool, machines=[machine])
    trail.record(actor, "s3_endpoint.uninstall", target(machine), job=job.pk)
    return job


@trail.unit()
def set_enabled(actor: Actor, number: int, *, enabled: bool) -> Job:
    """Start or stop the endpoint of a machine; its data stays. Raises as ``uninstall``."""
    machine = installed(actor, number)
    machine.enabled = enabled
    machine.save(update_fields=["enabled", "updated_at"])
    kind = Job.Type.ENABLE if enabled else Job.Type.DISABLE
    job = jobs.begin(actor, kind, pool=machine.pool, machines=[machine])
    action = "s3_endpoint.enable" if enabled else "s3_endpoint.disable"
    trail.record(actor, action, target(machine), job=job.pk)
    return job


def installed(actor: Actor, number: int) -> Machine:
    """A machine that serves a pool, locked, for who may change machines.

    Raises:
        Forbidden, NotFound; Conflict: it serves none.
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines([number])
    if machine.pool_id is None:
        raise Conflict("endpoint", "The machine has no endpoint.", reason=WRONG_STATE)
    return machine


def _pool(machine: Machine, number: int | None) -> StoragePool:
    if number is not None:
        return rows.pool(number)
    if machine.pool is not None:
        return machine.pool
    pools = StoragePool.objects.live().filter(engine=StoragePool.Engine.SEAWEEDFS)[:2]
    if len(pools) != 1:
        raise Conflict("client", "There are several pools: say which one.", reason=WRONG_STATE)
    return pools[0]


def target(machine: Machine) -> Target:
    """The machine as the trail names it."""
    return Target("s3_machine", str(machine.pk), machine.name)
