"""An endpoint whose engine is older than the portal's: upgraded when somebody asks for it."""

from __future__ import annotations

from s3vault_app import rows
from s3vault_app.drivers.seaweedfs.layout import VERSION, is_older
from s3vault_app.models import Job, Machine
from s3vault_app.permissions import MachinePermission
from s3vault_app.services import approval, endpoints, jobs
from vaultportal import trail
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


def upgrade(actor: Actor, number: int) -> Job:
    """Let the portal's engine take the place of an older one; unless it is proved, that runs again.

    Raises:
        Forbidden, NotFound; Conflict: there is no endpoint, it is not older, it is stopped, its
            machine is not trusted, or a job is at it.
        Pending, Forbidden: a gate stands before it (``approval``).
    """
    access.require(actor, MachinePermission.CHANGE, Machine)
    [machine] = rows.machines_unlocked([number])
    require_upgradable(machine)
    approval.before_install(actor, endpoints.target(machine), [number], upgrade=VERSION)
    return _upgrade(actor, number)


@trail.unit()
def _upgrade(actor: Actor, number: int) -> Job:
    machine = endpoints.installed(actor, number)
    require_upgradable(machine)
    job = jobs.begin(actor, Job.Type.UPGRADE, pool=machine.pool, machines=[machine])
    trail.record(
        actor,
        "s3_endpoint.upgrade",
        endpoints.target(machine),
        job=job.pk,
        before=machine.engine_version,
        version=VERSION,
    )
    return job


def require_upgradable(machine: Machine) -> None:
    """Conflict unless an upgrade may be asked for now."""
    if machine.pool_id is None:
        message = "The machine has no endpoint."
    elif not is_older(machine.engine_version):
        message = "It is no older than the engine of this portal."
    elif not machine.enabled or machine.engine_state == Machine.EngineState.DISABLED:
        message = "It is stopped: start it first."  # what does not run proves nothing
    elif machine.jobs.unfinished().filter(type=Job.Type.UPGRADE).exists():
        message = "A job is upgrading it already."
    else:
        endpoints.require_trusted(machine)
        return
    raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
