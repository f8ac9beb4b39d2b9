"""Vaults, machines, plans and jobs by words and states, for lists and for the palette."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from s3vault_app.models import Endpoint, Job, Machine, StoragePlan, Vault
from s3vault_app.selectors import jobs, machines, plans, vaults
from vaultportal.identity.actor import Actor

NAMED = 10  # so many names in a sentence


def find_vaults(actor: Actor, values: Mapping[str, Any]) -> QuerySet[Vault]:
    """Of ``vaults.list_vaults``. values: ``q`` (part of the name), ``state``, ``plan``."""
    found = vaults.list_vaults(actor)
    if words := values.get("q"):
        found = found.filter(name__icontains=words)
    if state := values.get("state"):
        found = found.filter(state=state)
    if plan := values.get("plan"):
        found = found.filter(plan__number=plan)
    return found


def provable(vaults: QuerySet[Vault]) -> QuerySet[Vault]:
    """Those of ``vaults`` that can be proved now: with a bucket, and no job at work."""
    busy = Job.objects.unfinished().filter(vault__isnull=False).values("vault")
    return vaults.filter(bucket_made_at__isnull=False).exclude(pk__in=busy)


def find_machines(actor: Actor, values: Mapping[str, Any]) -> QuerySet[Machine]:
    """Of ``machines.list_machines``. values: ``q`` (name or host), ``endpoint``, ``trust``."""
    found = machines.list_machines(actor).defer(
        "password", "private_key", "passphrase", "certificate_key", "certificate"
    )
    if words := values.get("q"):
        found = found.filter(Q(name__icontains=words) | Q(host__icontains=words))
    if endpoint := values.get("endpoint"):
        found = found.filter(engine_state=endpoint)
    if trust := values.get("trust"):
        found = found.filter(state=trust)
    return found


def find_jobs(actor: Actor, values: Mapping[str, Any]) -> QuerySet[Job]:
    """Of ``jobs.list_jobs``. values: ``q`` (part of the vault's name), ``type``, ``state``."""
    found = jobs.list_jobs(actor).select_related("created_by")
    if words := values.get("q"):
        found = found.filter(vault__name__icontains=words)
    if kind := values.get("type"):
        found = found.filter(type=kind)
    if state := values.get("state"):
        found = found.filter(state=state)
    return found


def find_plans(actor: Actor, words: str) -> QuerySet[StoragePlan]:
    """Of ``plans.list_plans``, by a part of the name."""
    return plans.list_plans(actor).filter(name__icontains=words)


def jobs_of_vault(actor: Actor, vault: Vault) -> QuerySet[Job]:
    """The jobs of a vault that the actor may see, the newest first."""
    return jobs.list_jobs(actor).select_related("created_by").filter(vault=vault)


def jobs_of_machine(actor: Actor, machine: Machine) -> QuerySet[Job]:
    """The jobs on a machine that the actor may see, the newest first."""
    return jobs.list_jobs(actor).select_related("created_by").filter(machines=machine)


def vaults_of_machine(actor: Actor, machine: Machine) -> QuerySet[Vault]:
    """The vaults with a door on a machine that the actor may see."""
    doors = Endpoint.objects.filter(machine=machine).values("vault")
    return vaults.list_vaults(actor).filter(pk__in=doors)


def vaults_of_plan(actor: Actor, plan: StoragePlan) -> QuerySet[Vault]:
    """The vaults of a plan that the actor may see."""
    return vaults.list_vaults(actor).filter(plan=plan)


@dataclass(frozen=True, slots=True)
class Reach:
    """What lies on a storage pool. names: of the first vaults that the actor may see."""

    vaults: int
    names: list[str]
    gateways: int


def reach_of_pool(actor: Actor, machine: Machine) -> Reach:
    """Whom it concerns when the store on a machine takes no writes."""
    seen = vaults.list_vaults(actor).filter(pool=machine.pool)
    gateways = Machine.objects.live().filter(pool=machine.pool, role=Machine.Role.GATEWAY)
    return Reach(
        Vault.objects.live().filter(pool=machine.pool).count(),
        list(seen.values_list("name", flat=True)[:NAMED]),
        gateways.count(),
    )


@dataclass(frozen=True, slots=True)
class Held:
    """What some vaults hold. full: those of them with data. since: when the first was made."""

    full: int
    bytes: int
    since: datetime | None


def held_by(vaults: QuerySet[Vault]) -> Held:
    """What these vaults hold, in one statement."""
    found = vaults.order_by().aggregate(
        full=Count("pk", filter=Q(size_bytes__gt=0)),
        bytes=Sum("size_bytes"),
        since=Min("created_at"),
    )
    return Held(found["full"], int(found["bytes"] or 0), found["since"])


def unfinished_job(vault: Vault) -> Job | None:
    """The job that works on a vault now, for a vault that the caller may see."""
    return vault.jobs.unfinished().select_related("vault").order_by("-pk").first()
