"""The doors of Celery; the work is in engine/. Messages carry ids, never more.

What talks to machines and engines (boto3, asyncssh) is imported by the task that needs it: every
process of every worker, and the scheduler, imports this module.
"""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from s3vault_app.models import Job, Machine, Vault
from s3vault_app.services import jobs as job_services
from s3vault_app.services import keys as key_services
from vaultportal import trail
from vaultportal.identity import actor as actors


@shared_task(name="s3vault.run_job", time_limit=86_400, soft_time_limit=86_000)
def run_job(job_id: int) -> None:
    """Safe to run twice, late or beside itself: the job's lease decides."""
    from s3vault_app.engine import jobs  # noqa: PLC0415 see above

    jobs.run(job_id)


@shared_task(name="s3vault.sync_identities")
def sync_identities(user_ids: list[str] | None = None) -> None:
    """Compare and apply; without ids for everybody, which finds ended grants and memberships."""
    from s3vault_app.engine import keys  # noqa: PLC0415 see above

    named = None if user_ids is None else [UUID(each) for each in user_ids]
    keys.sync(named, patient=False)


@shared_task(name="s3vault.sweep_jobs")
def sweep_jobs() -> None:
    """Ring for jobs that nobody was told of, or whose worker died."""
    from s3vault_app.engine import jobs  # noqa: PLC0415 see above

    jobs.sweep()


@shared_task(name="s3vault.probe_endpoints")
def probe_endpoints() -> None:
    """A signed request to every endpoint; what stopped with the portal's machine starts again."""
    from s3vault_app.engine import probes  # noqa: PLC0415 see above

    if probes.probe_all():
        for machine in probes.stopped_here():
            _begin(Job.Type.ENABLE, machine)
    probes.forget_old()


@shared_task(name="s3vault.measure_usage")
def measure_usage() -> None:
    """Usage of every vault, and quotas."""
    from s3vault_app.engine import quota  # noqa: PLC0415 see above

    quota.measure_all()


@shared_task(name="s3vault.end_overlaps")
def end_overlaps() -> None:
    """Old pairs whose time is over stop at once."""
    from s3vault_app.engine import keys  # noqa: PLC0415 see above

    if key_services.end_overlaps():
        keys.sync(patient=False)


@shared_task(name="s3vault.verify_vaults")
def verify_vaults() -> None:
    """The nightly proof: a job for every vault that nothing else works on."""
    busy = Job.objects.unfinished().filter(vault__isnull=False).values("vault_id")
    made = Vault.objects.live().filter(bucket_made_at__isnull=False).exclude(pk__in=busy)
    for vault in made.exclude(state=Vault.State.DELETING).order_by("pk"):
        with trail.unit():
            job_services.begin(actors.system(), Job.Type.VERIFY, vault=vault)


@shared_task(name="s3vault.renew_certificates")
def renew_certificates() -> None:
    """A job for every endpoint whose certificate ends soon."""
    from s3vault_app.engine import certificates  # noqa: PLC0415 see above

    for machine in certificates.due():
        _begin(Job.Type.RENEW, machine)


def _begin(kind: Job.Type, machine: Machine) -> None:
    if machine.pool is None or machine.jobs.unfinished().exists():
        return
    with trail.unit():
        job_services.begin(actors.system(), kind, pool=machine.pool, machines=[machine])
