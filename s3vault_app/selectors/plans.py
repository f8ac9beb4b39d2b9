"""Plans and pools, for those who may see them."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from s3vault_app import rows
from s3vault_app.models import StoragePlan, StoragePool
from s3vault_app.permissions import PlanPermission, PoolPermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


def list_plans(actor: Actor) -> QuerySet[StoragePlan]:
    """Live plans that the actor may see, by name, with ``vault_count``."""
    plans = StoragePlan.objects.live().select_related("pool").order_by("name")
    return access.permitted(actor, PlanPermission.VIEW, plans).annotate(
        vault_count=Count("vaults", filter=Q(vaults__deleted_at=None))
    )


def get_plan(actor: Actor, number: int) -> StoragePlan:
    """One live plan."""
    found = list_plans(actor).filter(number=number).first()
    if found is None:
        raise NotFound("plan", reason=rows.UNKNOWN_ID)
    return found


def list_pools(actor: Actor) -> QuerySet[StoragePool]:
    """Live pools, by name: all of them, or those behind the plans that the actor may see."""
    pools = StoragePool.objects.live().defer("credentials", "secrets").order_by("name")
    if access.holds(actor, PoolPermission.VIEW):
        return pools
    return pools.filter(pk__in=list_plans(actor).values("pool_id"))


def get_pool(actor: Actor, number: int) -> StoragePool:
    """One live pool."""
    found = list_pools(actor).filter(number=number).first()
    if found is None:
        raise NotFound("pool", reason=rows.UNKNOWN_ID)
    return found


def usable_plans(actor: Actor) -> QuerySet[StoragePlan]:
    """Live plans on which the actor may make vaults, by name."""
    plans = StoragePlan.objects.live().select_related("pool").order_by("name")
    return access.permitted(actor, PlanPermission.USE, plans)
