"""The Celery doors of the collections. A message carries an id; the row decides what is done."""

from __future__ import annotations

from celery import shared_task

from collections_app import bulk_jobs, export_jobs, jobs, lifecycle
from collections_app.models import SchemaJob

SWEPT_AT_ONCE = 50


@shared_task(name="collections.run_schema_job")
def run_schema_job(job_id: str) -> None:
    """Safe to run twice, late or beside itself."""
    try:
        jobs.run_job(job_id)
    except jobs.NotYet:
        run_schema_job.apply_async((job_id,), countdown=1)


@shared_task(name="collections.sweep_schema_jobs")
def sweep_schema_jobs() -> None:
    """Ring for jobs of every kind whose message or worker was lost."""
    due = SchemaJob.objects.due().order_by("created_at").values_list("pk", flat=True)
    for job_id in due[:SWEPT_AT_ONCE]:
        run_schema_job.delay(str(job_id))
    for export_id in export_jobs.sweep():
        write_export.delay(export_id)
    for bulk_id in bulk_jobs.sweep():
        run_bulk_job.delay(bulk_id)


@shared_task(name="collections.write_export")
def write_export(export_id: str) -> None:
    """Safe to run twice, late or beside itself."""
    export_jobs.write(export_id)


@shared_task(name="collections.run_bulk_job")
def run_bulk_job(job_id: str) -> None:
    """Safe to run twice, late or beside itself."""
    bulk_jobs.run(job_id)


@shared_task(name="collections.tell_expired")
def tell_expired() -> None:
    """Announce ends, batch after batch, until none is due."""
    while lifecycle.tell_expired() == lifecycle.BATCH:
        pass


@shared_task(name="collections.refresh_pieces")
def refresh_pieces() -> None:
    """Keep the substring indexes up."""
    lifecycle.refresh_pieces()


@shared_task(name="collections.prune")
def prune() -> None:
    """Clear old archives away, batch after batch."""
    while lifecycle.prune() == lifecycle.MOST_COLLECTED:
        pass
