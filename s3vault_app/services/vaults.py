"""Vaults: one call makes rows, grants, keys and a job; the work on machines is the job's."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from s3vault_app import events, names, rows
from s3vault_app.models import Job, Machine, StoragePlan, StoragePool, Vault
from s3vault_app.permissions import PlanPermission, VaultPermission
from s3vault_app.services import approval, drains, endpoints, jobs, keys, owners
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, Forbidden, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target

NAME_TAKEN = "s3.name_taken"
NAME_DIFFERS = "The plan has another name than the one given; its id decided."


@dataclass(frozen=True, slots=True)
class Order:
    """What a vault is to be. Machines, owners and groups are named by the numbers of the wire."""

    name: str
    plan: int
    plan_name: str = ""
    machines: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    rotate_keys: bool = False
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """The new vault, the job that makes its bucket and endpoints, and what was odd."""

    vault: Vault
    job: Job
    warning: str = ""


def create_vault(actor: Actor, order: Order) -> Made:
    """Make a vault: its row, its endpoints, who may use it, and the job that does the work.

    Checked in this order: the name's form, the right, what is named, whether the name is taken.

    Raises:
        Invalid: S3 does not take the name. Forbidden: the actor may make none on this plan.
        NotFound: no such plan, machine, user or group. Conflict: the name is taken, or a machine
            cannot be used. Pending, Forbidden: a gate stands before it (``approval``).

    Source: Commvault, ``POST V4/CVS3Store``; contract section 3.1.
    """
    names.check_bucket(order.name, "bucket.clientName")
    require_may_create(actor, order.plan)
    if approval.is_asked(actor):
        approval.before_install(
            actor,
            Target("s3_vault", order.name, order.name),
            _serving(order),
            plan=order.plan,
            owners=[*order.owners],
            groups=[*order.groups],
            rotate_keys=order.rotate_keys,
        )
    return _create(actor, order)


@transaction.atomic
def _serving(order: Order) -> list[int]:
    """The machines that the order would put endpoints on, those that it does not name too."""
    found = doors(rows.plan(order.plan).pool, rows.machines(order.machines))
    return [machine.number for machine in found]


@trail.unit()
def _create(actor: Actor, order: Order) -> Made:
    plan = rows.plan(order.plan)
    machines = rows.machines(order.machines)
    users, roles = rows.users(order.owners), rows.roles(order.groups)
    endpoints.require_may_take(actor, plan.pool, machines)
    drains.require_takes_writes(plan.pool)
    _check_given_bucket(plan.pool, order.name)
    if order.rotate_keys:
        keys.require_may_rotate(actor, owners.reached(users, roles))
    vault = _insert(actor, order, plan)
    serving = doors(plan.pool, machines)
    endpoints.enlist(plan.pool, serving)
    endpoints.open_doors(vault, serving)
    if creator := User.objects.filter(pk=actor.user_id).first():
        access.grant(actor, creator, VaultPermission.OWN, vault)
    reached = owners.give(actor, vault, users, roles)
    if order.rotate_keys:
        keys.rotate_all(actor, reached)
    job = jobs.begin(actor, Job.Type.CREATE, vault=vault, machines=serving)
    trail.record(
        actor,
        "s3_vault.create",
        target(vault),
        number=vault.number,
        plan=plan.number,
        machines=[machine.number for machine in machines],
        owners=[user.number for user in users],
        groups=[role.pk for role in roles],
        rotated=order.rotate_keys,
        job=job.pk,
    )
    trail.emit(
        events.S3_VAULT_CREATED,
        actor,
        **events.subject(vault),
        bucket=vault.name,
        region=vault.region,
        plan={"id": plan.number, "name": plan.name},
        job=job.pk,
    )
    differs = order.plan_name and order.plan_name.casefold() != plan.name.casefold()
    return Made(vault, job, NAME_DIFFERS if differs else "")


def require_may_create(actor: Actor, plan_number: int) -> None:
    """Forbidden unless the actor may make vaults, on all plans or on this one."""
    if access.holds(actor, PlanPermission.USE):
        return
    plans = StoragePlan.objects.live().filter(number=plan_number)
    if not access.permitted(actor, PlanPermission.USE, plans).exists():
        raise Forbidden("vault", "You may not create vaults on this plan.", reason="permission")


@trail.unit()
def verify_now(actor: Actor, number: int) -> Job:
    """Prove once more, by trying, that the vault is closed to everybody else.

    Raises:
        NotFound: there is none that the actor may see. Forbidden: the actor may not change it.
    """
    vault = seen(actor, number)
    access.require(actor, VaultPermission.CHANGE, vault)
    job = jobs.begin(actor, Job.Type.VERIFY, vault=vault)
    trail.record(actor, "s3_vault.verify", target(vault), job=job.pk)
    return job


def seen(actor: Actor, number: int) -> Vault:
    """A live vault that the actor may see, locked until the transaction ends."""
    vaults = Vault.objects.live().select_related("plan", "pool").select_for_update(of=("self",))
    return access.get(actor, VaultPermission.VIEW, vaults, number=number)


def target(vault: Vault) -> Target:
    """The vault as the trail names it."""
    return Target("s3_vault", str(vault.pk), vault.name)


def _check_given_bucket(pool: StoragePool, name: str) -> None:
    """A store with one bucket has one vault, of its name."""
    if pool.engine == StoragePool.Engine.STATIC and name != pool.settings.get("bucket"):
        fault = Fault("bucket.clientName", "choice", "must be the bucket of the plan's store")
        message = "The plan's store has one bucket: the vault must bear its name."
        raise Invalid(message=message, faults=(fault,))


def _insert(actor: Actor, order: Order, plan: StoragePlan) -> Vault:
    locked = plan.lock_mode != StoragePlan.Lock.NONE
    vault = Vault(
        name=order.name,
        plan=plan,
        pool=plan.pool,
        region=plan.region,
        lock_mode=plan.lock_mode,
        lock_days=plan.retention_days if locked else 0,
        versioning=plan.versioning,
        quota_bytes=plan.quota_bytes,
        lifecycle=plan.lifecycle,
        comment=order.comment,
        created_by_id=rows.author(actor),
    )
    try:
        with transaction.atomic():
            vault.save(force_insert=True)
    except IntegrityError as clash:
        fault = Fault("bucket.clientName", "duplicate", "is taken")
        message = "A vault with this name exists."
        raise Conflict("vault", message, reason=NAME_TAKEN, faults=(fault,)) from clash
    vault.refresh_from_db(fields=["number"])
    return vault


def doors(pool: StoragePool, machines: list[Machine]) -> list[Machine]:
    """The machines that will serve the vault: those named, else all that serve the pool.

    A pool that nothing serves yet begins on the machine that the portal runs on.
    """
    if machines or not pool.installs:
        return machines
    live = Machine.objects.live().select_for_update().order_by("number")
    serving = list(live.filter(pool=pool))
    if serving:
        return serving
    here = list(live.filter(kind=Machine.Kind.LOCAL, pool=None)[:1])
    if not here:
        raise Conflict(
            "vault",
            "No machine serves the storage pool of the plan yet: name endpoints.",
            reason=endpoints.WRONG_STATE,
        )
    return here
