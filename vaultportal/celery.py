"""The Celery application. The broker is expendable: rows are the truth, messages ring a bell."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_init, worker_process_init
from kombu import Queue

from vaultportal.crypto.process import harden

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultportal.settings")

DEFAULT_QUEUE = "default"
# Questions that a request waits for; work of its own class, so that bulk work cannot hold it up.
GATES_QUEUE = "gates"
# What takes minutes, and a person watches: nothing that is due within seconds may wait behind it.
JOBS_QUEUE = "jobs"
JOBS = (
    "s3vault.run_job",
    "collections.run_schema_job",
    "collections.run_bulk_job",
    "collections.write_export",
    "collections.prune",
    "audit.verify",
    "audit.export",
    "directory.rotate_keys",
    "ops.back_up",
    "ops.test_restore",
    "ops.tidy_backups",
)
QUEUES = (DEFAULT_QUEUE, GATES_QUEUE, JOBS_QUEUE)
LONGEST_TASK_SECONDS = 900


class QuietTask(Task):  # type: ignore[type-arg]  # Task is generic in the stubs alone
    """A task whose message shows its arguments to nobody who lists the queue."""

    Request = "vaultportal.runtime.consumer:AnsweredRequest"

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Send it; the readable copies of the arguments that Celery adds are blanked."""
        return super().apply_async(*args, **{"argsrepr": "-", "kwargsrepr": "-"} | options)


app = Celery("vaultportal", task_cls=QuietTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    event_serializer="json",
    task_ignore_result=True,
    # At least once: a task is forgotten when it is done, not when it is taken.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_soft_time_limit=LONGEST_TASK_SECONDS,
    task_time_limit=LONGEST_TASK_SECONDS + 30,
    broker_transport_options={
        "visibility_timeout": 2 * LONGEST_TASK_SECONDS,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "socket_timeout": 30,
        "socket_connect_timeout": 2,
    },
    broker_connection_retry_on_startup=True,
    worker_consumer="vaultportal.runtime.consumer:OneConnection",
    # A broker that answers with an error (full, or read-only after a failover) ends a worker too.
    broker_channel_error_retry=True,
    broker_connection_max_retries=None,
    # A request must not wait for a broker that is away: the sweep finds its row.
    task_publish_retry=True,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0},
    task_default_queue=DEFAULT_QUEUE,
    # A key of its own for each: with the default key, a message would land in both.
    task_queues=[Queue(name, routing_key=name) for name in QUEUES],
    task_routes={name: {"queue": JOBS_QUEUE} for name in JOBS},
    task_send_sent_event=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_enable_remote_control=False,
    worker_max_tasks_per_child=1000,
    beat_scheduler="vaultportal.runtime.beat:SingleScheduler",
    beat_max_loop_interval=5,
    timezone="UTC",
)
app.autodiscover_tasks()


@worker_init.connect
@worker_process_init.connect
def _harden(**signal: Any) -> None:
    """The worker and each of its children hold keys."""
    harden()
