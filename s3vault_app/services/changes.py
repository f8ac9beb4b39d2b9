"""Changes of vaults that stand, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from s3vault_app import identities, rows
from s3vault_app.models import Endpoint, Job, Machine, StoragePlan, Vault
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import approval, doorbell, endpoints, jobs, keys, owners
from s3vault_app.services.vaults import require_may_create, seen, target
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

MOST_BYTES = 2**62


@dataclass(frozen=True, slots=True)
class Change:
    """What of a vault is to change; None leaves it. Lists replace the old ones whole."""

    plan: int | None = None
    machines: tuple[int, ...] | None = None
    owners: tuple[int, ...] | None = None
    groups: tuple[int, ...] | None = None
    rotate_keys: bool = False
    quota_bytes: int | None = None
    lock_mode: str | None = None
    lock_days: int | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """job: what applies the change, None when rows were all of it.

    machines: whether some joined or left.
    """

    vault: Vault
    job: Job | None
    machines: bool


def change_vault(actor: Actor, number: int, change: Change) -> Changed:
    """Change who may use a vault, its endpoints, or its rules.

    Raises:
        NotFound, Forbidden; Invalid: a rule that cannot hold, as a COMPLIANCE lock made shorter.
        Conflict: a plan of another pool, or a machine that cannot be used.
        Pending, Forbidden: a gate stands before installs on machines that join.

    Source: Commvault, ``PUT V4/CVS3Store/{id}``; contract section 3.4.
    """
    if change.machines and approval.is_asked(actor):
        vault, joining = _joining(actor, number, change.machines)
        if joining:
            approval.before_install(actor, target(vault), joining)
    return _change(actor, number, change)


@transaction.atomic
def _joining(actor: Actor, number: int, machines: Sequence[int]) -> tuple[Vault, list[int]]:
    vault = seen(actor, number)
    access.require(actor, VaultPermission.CHANGE, vault)
    serving = set(vault.endpoints.values_list("machine__number", flat=True))
    return vault, [each for each in machines if each not in serving]


@trail.unit()
def _change(actor: Actor, number: int, change: Change) -> Changed:
    vault = _open_to_change(actor, number)
    users = None if change.owners is None else rows.users(change.owners)
    roles = None if change.groups is None else rows.roles(change.groups)
    if change.rotate_keys:
        staying = identities.holders(vault) if users is None or roles is None else set()
        keys.require_may_rotate(actor, staying | owners.reached(users or (), roles or ()))
    applied = _set_rules(actor, vault, change)
    vault.save()
    added, dropped = _set_machines(actor, vault, change.machines)
    reached = owners.replace(actor, vault, users, roles)
    if change.rotate_keys:
        keys.rotate_all(actor, reached)
        doorbell.identities_changed(reached)
    job = None
    if applied or added or dropped:
        machines = [*added, *dropped]
        job = jobs.begin(actor, Job.Type.UPDATE, vault=vault, machines=machines)
    trail.record(
        actor,
        "s3_vault.change",
        target(vault),
        added=[machine.number for machine in added],
        dropped=[machine.number for machine in dropped],
        owners=None if users is None else [user.number for user in users],
        groups=None if roles is None else [role.pk for role in roles],
        rules=[*applied],
        rotated=change.rotate_keys,
        job=job.pk if job else None,
    )
    return Changed(vault, job, bool(added or dropped))


@trail.unit()
def remove_endpoint(actor: Actor, number: int, machine_number: int) -> Changed:
    """Close the door of a vault on one machine; of two removals at once the later sees the other.

    Raises:
        NotFound: no such vault, or it has no door there that stays; Forbidden.
        Conflict: the vault is being deleted, or no other door of it would stay.
    """
    vault = _open_to_change(actor, number)  # locked: what is read from here on holds
    doors = vault.endpoints.exclude(state=Endpoint.State.REMOVING).filter(machine__isnull=False)
    serving = list(doors.values_list("machine__number", flat=True))
    if machine_number not in serving:
        raise NotFound("endpoint", reason=rows.UNKNOWN_ID)
    staying = tuple(each for each in serving if each != machine_number)
    if not staying:
        message = "It is the only endpoint of the vault. Add another, or delete the vault."
        raise Conflict("endpoint", message, reason=endpoints.WRONG_STATE)
    return _change(actor, number, Change(machines=staying))


@trail.unit()
def give_use(actor: Actor, number: int, holder: User | Role) -> None:
    """Let one more use a vault's data; who else may stays as it is.

    Raises:
        NotFound, Forbidden; Conflict: the vault is being deleted, or the role is retired.
    """
    vault = _open_to_change(actor, number)
    if isinstance(holder, Role):
        owners.give(actor, vault, [], [holder])
        trail.record(actor, "s3_vault.change", target(vault), added_groups=[holder.pk])
    else:
        owners.give(actor, vault, [holder], [])
        trail.record(actor, "s3_vault.change", target(vault), added_owners=[holder.number])


@trail.unit()
def take_use(actor: Actor, number: int, holder: User | Role) -> None:
    """Take the use of a vault's data from one; who else may stays as it is.

    Raises:
        NotFound: no such vault, or it was not given; Forbidden; Conflict: it is being deleted.
    """
    vault = _open_to_change(actor, number)
    if not owners.take(actor, vault, holder):
        raise NotFound("grant")
    if isinstance(holder, Role):
        trail.record(actor, "s3_vault.change", target(vault), dropped_groups=[holder.pk])
    else:
        trail.record(actor, "s3_vault.change", target(vault), dropped_owners=[holder.number])


@trail.unit()
def delete_vault(actor: Actor, number: int, *, force: bool = False) -> Job:
    """Take a vault away: S3 access ends at once, the bucket goes with the job.

    force: empty it first; what a COMPLIANCE lock or a legal hold covers still forbids it.

    Raises:
        NotFound, Forbidden; Conflict: it holds objects, or a job works on it.

    Source: Commvault, ``DELETE V4/CVS3Store/{id}``; contract section 3.5.
    """
    vault = seen(actor, number)
    access.require(actor, VaultPermission.DELETE, vault)
    if vault.jobs.filter(state__in=Job.UNFINISHED).exists():
        message = "A job works on the vault. Wait for it, or kill it first."
        raise Conflict("vault", message, reason="in_use")
    if vault.bucket_made_at is not None:
        from s3vault_app import contents  # noqa: PLC0415 boto3, asyncssh: for this alone

        contents.require_removable(vault, force=force)
    vault.state = Vault.State.DELETING
    vault.save(update_fields=["state", "updated_at"])
    vault.endpoints.update(state=Endpoint.State.REMOVING)
    machines = Machine.objects.filter(endpoints__vault=vault)
    job = jobs.begin(
        actor, Job.Type.DELETE, vault=vault, machines=machines, options={"force": force}
    )
    # Their access ends with the next comparison: a vault that leaves gives nobody anything.
    doorbell.identities_changed(identities.known_to_engine(vault))
    trail.record(actor, "s3_vault.delete", target(vault), number=number, force=force, job=job.pk)
    return job


def _open_to_change(actor: Actor, number: int) -> Vault:
    vault = seen(actor, number)
    access.require(actor, VaultPermission.CHANGE, vault)
    _require_live(vault)
    return vault


def _require_live(vault: Vault) -> None:
    if vault.state == Vault.State.DELETING:
        raise Conflict("vault", "The vault is being deleted.", reason=endpoints.WRONG_STATE)


def _set_rules(actor: Actor, vault: Vault, change: Change) -> list[str]:
    """Set the given rules on the unsaved vault; the names of those that the engine has to learn."""
    applied = []
    if change.plan is not None and change.plan != vault.plan.number:
        require_may_create(actor, change.plan)
        plan = rows.plan(change.plan)
        if plan.pool_id != vault.pool_id:
            message = "The plan keeps its data elsewhere: a vault cannot move."
            raise Conflict("plan", message, reason=endpoints.WRONG_STATE)
        vault.plan = plan
    if change.quota_bytes is not None and change.quota_bytes != vault.quota_bytes:
        if not 0 <= change.quota_bytes <= MOST_BYTES:
            raise _refuse("quotaInBytes", "must be 0 or more bytes")
        vault.quota_bytes = change.quota_bytes
        applied.append("quota")
    if _set_lock(vault, change):
        applied.append("lock")
    return applied


def _set_lock(vault: Vault, change: Change) -> bool:
    mode = vault.lock_mode if change.lock_mode is None else change.lock_mode.upper()
    days = vault.lock_days if change.lock_days is None else change.lock_days
    if (mode, days) == (vault.lock_mode, vault.lock_days):
        return False
    if vault.lock_mode == StoragePlan.Lock.NONE:
        raise _refuse("objectLock", "can only be set when the vault is made")
    if mode not in (StoragePlan.Lock.GOVERNANCE, StoragePlan.Lock.COMPLIANCE):
        raise _refuse("objectLock.mode", "must be GOVERNANCE or COMPLIANCE")
    if days != FOR_EVER and not 1 <= days <= 9999:
        raise _refuse("objectLock.days", "must be 1 to 9999, or -1 for ever")
    if vault.lock_mode == StoragePlan.Lock.COMPLIANCE and (
        mode != StoragePlan.Lock.COMPLIANCE or _is_shorter(days, vault.lock_days)
    ):
        raise _refuse("objectLock", "may only be made longer in COMPLIANCE")
    vault.lock_mode, vault.lock_days = mode, days
    return True


def _is_shorter(days: int, present: int) -> bool:
    if days == FOR_EVER:
        return False
    return present == FOR_EVER or days < present


def _set_machines(
    actor: Actor, vault: Vault, numbers: Sequence[int] | None
) -> tuple[list[Machine], list[Machine]]:
    """The machines that join, and those that leave; the doors of the latter are marked."""
    if numbers is None or not vault.pool.installs:
        return [], []
    machines = rows.machines(numbers)
    endpoints.require_may_take(actor, vault.pool, machines)
    present = {row.machine_id: row for row in vault.endpoints.select_related("machine")}
    wanted = {machine.pk for machine in machines}
    added = [machine for machine in machines if machine.pk not in present]
    leaving = [row for row in present.values() if row.machine_id not in wanted]
    endpoints.enlist(vault.pool, added)
    endpoints.open_doors(vault, added)
    for row in leaving:
        row.state = Endpoint.State.REMOVING
        row.save(update_fields=["state", "updated_at"])
    return added, [row.machine for row in leaving if row.machine is not None]


def _refuse(place: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, "range", message),))
