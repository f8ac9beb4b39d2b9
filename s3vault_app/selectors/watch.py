"""What wants a look: failed jobs, changed host keys, full vaults, certificates; and totals.

Each answers with one statement, and only with what the actor may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from s3vault_app.models import EngineIdentity, Job, Machine, StoragePlan, StoragePool, Vault
from s3vault_app.permissions import MachinePermission, PlanPermission, VaultPermission
from s3vault_app.selectors import jobs, machines
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

LATELY = timedelta(days=7)
CERTIFICATE_NEAR = timedelta(days=14)
TENTHS_FULL = 9
FEW = 5


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all vaults that the actor sees."""

    vaults: int
    unwell: int
    bytes: int
    objects: int


def failed_jobs(actor: Actor) -> QuerySet[Job]:
    """Failed of late, and not asked for again; the newest of each vault or machine counts."""
    newer = Job.objects.filter(pk__gt=OuterRef("pk"), type=OuterRef("type"))
    worked_on = Job.machines.through.objects.filter(job=OuterRef(OuterRef("pk")))
    of_vault = newer.filter(vault=OuterRef("vault"))
    on_machine = newer.filter(
        vault=None, pool=OuterRef("pool"), machines__in=worked_on.values("machine")
    )
    failed = Q(state__in=(Job.State.FAILED, Job.State.PARTIAL))
    return (
        jobs.list_jobs(actor)
        .filter(failed, created_at__gte=timezone.now() - LATELY, resubmits=None)
        .exclude(Exists(of_vault))
        .exclude(Exists(on_machine), vault=None)
        .order_by("-pk")
    )


def unwell_vaults(actor: Actor) -> QuerySet[Vault]:
    """Degraded or failed ones, by name."""
    vaults = Vault.objects.live().order_by("name")
    states = (Vault.State.DEGRADED, Vault.State.FAILED)
    return access.permitted(actor, VaultPermission.VIEW, vaults).filter(state__in=states)


def nearly_full_vaults(actor: Actor) -> QuerySet[Vault]:
    """Those whose quota is used up to nine tenths or more."""
    vaults = Vault.objects.live().filter(quota_bytes__gt=0).order_by("name")
    full = Q(size_bytes__gte=F("quota_bytes") / 10 * TENTHS_FULL)
    return access.permitted(actor, VaultPermission.VIEW, vaults).filter(full)


def untrusted_machines(actor: Actor) -> QuerySet[Machine]:
    """Machines whose host key changed."""
    return machines.list_machines(actor).filter(state=Machine.State.KEY_CHANGED)


def ending_certificates(actor: Actor) -> QuerySet[Machine]:
    """Endpoints whose certificate ends soon, the soonest first: the renewal must have failed."""
    soon = timezone.now() + CERTIFICATE_NEAR
    found = machines.list_machines(actor).filter(certificate_expires_at__lt=soon)
    return found.order_by("certificate_expires_at")


def untold_pools(actor: Actor) -> QuerySet[StoragePool]:
    """Stores that could not be told of somebody's rights: who lost them may still have access."""
    pools = StoragePool.objects.live().order_by("name")
    if not access.holds(actor, MachinePermission.VIEW):
        return pools.none()
    late = EngineIdentity.objects.filter(pool=OuterRef("pk")).exclude(failure="")
    return pools.filter(Exists(late))


def running_jobs(actor: Actor) -> QuerySet[Job]:
    """Unfinished ones, the newest first."""
    return jobs.list_jobs(actor).filter(state__in=Job.UNFINISHED)


def totals(actor: Actor) -> Totals:
    """How many vaults there are and what they hold."""
    unwell = Q(state__in=(Vault.State.DEGRADED, Vault.State.FAILED))
    found = access.permitted(actor, VaultPermission.VIEW, Vault.objects.live()).aggregate(
        vaults=Count("pk"),
        unwell=Count("pk", filter=unwell),
        bytes=Sum("size_bytes"),
        objects=Sum("object_count"),
    )
    return Totals(
        found["vaults"], found["unwell"], int(found["bytes"] or 0), int(found["objects"] or 0)
    )


def lives(actor: Actor, days: int) -> list[tuple[datetime, datetime | None]]:
    """When the vaults that the actor sees were made, and deleted; not of longer ago than that."""
    since = timezone.now() - timedelta(days=days)
    lately = Vault.objects.filter(Q(deleted_at=None) | Q(deleted_at__gt=since))
    rows = access.permitted(actor, VaultPermission.VIEW, lately)
    return list(rows.values_list("created_at", "deleted_at"))


def count_vaults(actor: Actor) -> int:
    """How many vaults the actor sees."""
    return access.permitted(actor, VaultPermission.VIEW, Vault.objects.live()).count()


def count_machines(actor: Actor) -> int:
    """How many machines the actor sees."""
    return machines.list_machines(actor).count()


def sees_vaults(actor: Actor) -> bool:
    """Whether there is any vault or plan that the actor may see."""
    if access.holds(actor, VaultPermission.VIEW) or access.holds(actor, PlanPermission.VIEW):
        return True
    if access.permitted(actor, VaultPermission.VIEW, Vault.objects.live()).exists():
        return True
    return access.permitted(actor, PlanPermission.VIEW, StoragePlan.objects.live()).exists()
