"""Storage plans: the rules that vaults take over when they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from s3vault_app import names, rows
from s3vault_app.models import StoragePlan, StoragePool
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.permissions import PlanPermission
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

NAME_TAKEN = "s3.name_taken"
LIFECYCLE = ("noncurrent_days", "abort_multipart_days", "expire_days")
MOST_DAYS = 9999
MOST_BYTES = 2**62
_PLAIN = (
    "name",
    "lock_mode",
    "retention_days",
    "versioning",
    "quota_bytes",
    "lifecycle",
    "copies",
    "region",
    "copy_name",
)


@dataclass(frozen=True, slots=True)
class PlanFields:
    """What may be said about a plan; None leaves a field as it is.

    pool: by number. wire: fields of a client that have no column; merged key by key.
    """

    name: str | None = None
    pool: int | None = None
    lock_mode: str | None = None
    retention_days: int | None = None
    versioning: bool | None = None
    quota_bytes: int | None = None
    lifecycle: Mapping[str, Any] | None = None
    copies: int | None = None
    region: str | None = None
    copy_name: str | None = None
    wire: Mapping[str, Any] | None = None


@trail.unit()
def create_plan(actor: Actor, fields: PlanFields) -> StoragePlan:
    """A plan; without a pool it stands on the only one there is.

    Raises:
        Forbidden; Invalid: a rule that cannot hold; NotFound: no such pool; Conflict: name taken.

    Source: Commvault, ``POST V4/ServerPlan``; contract section 7.2.
    """
    access.require(actor, PlanPermission.ADD, StoragePlan)
    plan = StoragePlan(pool=_pool(fields.pool), created_by_id=rows.author(actor))
    _apply(plan, fields)
    _save(plan, new=True)
    trail.record(actor, "s3_plan.create", target(plan), number=plan.number)
    return plan


@trail.unit()
def change_plan(actor: Actor, number: int, fields: PlanFields) -> StoragePlan:
    """Change the rules for vaults that are made from now on; those that stand keep theirs.

    Raises:
        As ``create_plan``; Conflict: vaults use the plan, so its pool cannot change.
    """
    plan = _one(actor, PlanPermission.CHANGE, number)
    if fields.pool is not None and fields.pool != plan.pool.number:
        require_unused(plan)
        plan.pool = rows.pool(fields.pool)
    _apply(plan, fields)
    _save(plan)
    trail.record(actor, "s3_plan.change", target(plan), number=number)
    return plan


@trail.unit()
def delete_plan(actor: Actor, number: int) -> None:
    """Take a plan away that no vault uses.

    Raises:
        Forbidden, NotFound; Conflict: vaults use it, and the message names them.

    Source: Commvault, ``DELETE V2/Plan/{id}``; contract section 7.2.
    """
    plan = _one(actor, PlanPermission.DELETE, number)
    require_unused(plan)
    plan.deleted_at = timezone.now()
    plan.save(update_fields=["deleted_at", "updated_at"])
    trail.record(actor, "s3_plan.delete", target(plan), number=number)


def require_unused(plan: StoragePlan) -> None:
    """Conflict while live vaults use the plan."""
    vaults = plan.vaults.filter(deleted_at=None).order_by("name").values_list("name", flat=True)
    if not vaults:
        return
    named = ", ".join(vaults[:10]) + (", …" if len(vaults) > 10 else "")
    many = f"{len(vaults)} vaults use the plan: {named}."
    message = many if len(vaults) > 1 else f"1 vault uses the plan: {named}."
    raise Conflict("plan", message, reason="in_use")


def target(plan: StoragePlan) -> Target:
    """The plan as the trail names it."""
    return Target("s3_plan", str(plan.pk), plan.name)


def _one(actor: Actor, permission: PlanPermission, number: int) -> StoragePlan:
    access.require(actor, PlanPermission.VIEW, StoragePlan)
    plan = rows.plan(number)
    access.require(actor, permission, plan)
    return plan


def _pool(number: int | None) -> StoragePool:
    if number is not None:
        return rows.pool(number)
    pools = StoragePool.objects.live()[:2]
    if len(pools) != 1:
        raise _refuse("storagePool.id", "missing", "is required")
    return pools[0]


def _apply(plan: StoragePlan, fields: PlanFields) -> None:
    for name in _PLAIN:
        value = getattr(fields, name)
        if value is not None:
            setattr(plan, name, value)
    if fields.wire is not None:
        plan.wire = {**plan.wire, **fields.wire}
    given_bucket = plan.pool.engine == StoragePool.Engine.STATIC
    if given_bucket and plan._state.adding and fields.lock_mode is None:
        plan.lock_mode = StoragePlan.Lock.NONE  # a given bucket has the rules that it has
    _check(plan)


def _check(plan: StoragePlan) -> None:
    names.check_name(plan.name, "planName")
    if plan.lock_mode not in StoragePlan.Lock.values:
        raise _refuse("lock_mode", "choice", f"must be one of {', '.join(StoragePlan.Lock.values)}")
    if plan.retention_days != FOR_EVER and not 1 <= plan.retention_days <= MOST_DAYS:
        raise _refuse("retentionPeriodDays", "range", f"must be 1 to {MOST_DAYS}, or -1 for ever")
    if plan.lock_mode != StoragePlan.Lock.NONE and not plan.versioning:
        raise _refuse("versioning", "conflict", "must be on where objects are locked")
    if not 0 <= plan.quota_bytes <= MOST_BYTES:
        raise _refuse("quota_bytes", "range", "must be 0 or more bytes")
    if plan.copies != 1:
        # The portal's engine has one store, and a store of one's own keeps what it is set to.
        raise _refuse("copies", "range", "must be 1: nothing else is kept yet")
    if not plan.region.replace("-", "").isalnum() or len(plan.region) > 32:
        raise _refuse("region", "format", "must be letters, digits and hyphens")
    for name, days in plan.lifecycle.items():
        if name not in LIFECYCLE or type(days) is not int or not 1 <= days <= MOST_DAYS:
            raise _refuse(
                "lifecycle", "range", f"takes 1 to {MOST_DAYS} for {', '.join(LIFECYCLE)}"
            )


def _refuse(place: str, code: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, code, message),))


def _save(plan: StoragePlan, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            plan.save(force_insert=new)
    except IntegrityError as clash:
        fault = Fault("planName", "duplicate", "is taken")
        message = "A plan with this name exists."
        raise Conflict("plan", message, reason=NAME_TAKEN, faults=(fault,)) from clash
    if new:
        plan.refresh_from_db(fields=["number"])
