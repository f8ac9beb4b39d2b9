"""Jobs, for those who may see what they work on."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from s3vault_app.models import Job, JobEvent, Machine, Vault
from s3vault_app.permissions import JobPermission, MachinePermission, VaultPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


def list_jobs(actor: Actor) -> QuerySet[Job]:
    """The jobs of the vaults that the actor sees, and of machines for those who see machines."""
    jobs = Job.objects.select_related("vault", "pool").order_by("-pk")
    if access.holds(actor, JobPermission.VIEW):
        return jobs
    seen = access.permitted(actor, VaultPermission.VIEW, Vault.objects.all())
    shown = Q(vault__in=seen.values("pk"))
    if access.may(actor, MachinePermission.VIEW, Machine):
        shown |= Q(vault=None)
    return jobs.filter(shown)


def get_job(actor: Actor, job_id: int) -> Job | None:
    """One job with its machines, or None: the wire answers with an empty list."""
    return list_jobs(actor).prefetch_related("machines").filter(pk=job_id).first()


def list_events(actor: Actor, job_id: int) -> QuerySet[JobEvent]:
    """The log of a job that the actor may see, the oldest line first."""
    seen = list_jobs(actor).filter(pk=job_id).values("pk")
    return JobEvent.objects.filter(job__in=seen).select_related("machine").order_by("pk")


def of_clients(jobs: QuerySet[Job], numbers: list[int]) -> QuerySet[Job]:
    """Those of ``jobs`` that work on one of these machines or vaults, which share their numbers."""
    machines = Machine.objects.filter(number__in=numbers).values("pk")
    on_machines = Job.machines.through.objects.filter(machine__in=machines).values("job")
    return jobs.filter(Q(vault__number__in=numbers) | Q(pk__in=on_machines))
