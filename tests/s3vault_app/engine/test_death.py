"""The worker dies by kill -9 at each step: another goes on, and there is one of everything."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Pair
from s3vault_app.engine import jobs, places
from s3vault_app.models import EngineIdentity, Job, JobStep, Machine
from tests.factories import make_person
from tests.s3vault_app.engine.lab import Lab, open_lab, pair_of, story
from vaultportal.runtime import database

pytestmark = pytest.mark.xdist_group("s3")
STEPS = ("preflight", "ship", "configure", "start", "health", "bucket", "identities", "verify")
PATIENCE = 90.0


@pytest.fixture
def own_lab(ground: Path, transactional_db: None) -> Iterator[Lab]:
    """Rows that another process sees."""
    with open_lab(ground) as made:
        yield made


def test_a_job_outlives_its_workers(own_lab: Lab, settings: Any) -> None:
    settings.S3VAULT_LEASE_SECONDS = 2
    owner = make_person()
    machine = own_lab.local()
    made = own_lab.create(machine, owners=(owner,))

    percents = [_kill_at(made.job, step) for step in STEPS]
    _let_the_lease_run_out(made.job)
    jobs.run(made.job.pk)

    made.job.refresh_from_db()
    assert made.job.state == Job.State.COMPLETED, story(made.job)
    assert percents == sorted(percents)
    assert made.job.attempts > len(STEPS) // 2
    _one_of_everything(own_lab, machine, made.vault.name)
    held = s3.s3(places.door_of(machine), pair_of(owner))
    held.list_objects_v2(Bucket=made.vault.name)


def _kill_at(job: Job, step: str) -> int:
    """Let a worker go on until it is at ``step``, and kill it there; how far the job was."""
    _let_the_lease_run_out(job)
    database.leave()
    worker = os.fork()
    if worker == 0:
        try:
            jobs.run(job.pk)
        finally:
            os._exit(0)
    deadline = time.monotonic() + PATIENCE
    at = JobStep.objects.filter(job=job, name=step).exclude(state=JobStep.State.WAITING)
    while not at.exists():
        if os.waitpid(worker, os.WNOHANG)[0]:
            raise AssertionError(story(job))
        assert time.monotonic() < deadline, story(job)
        time.sleep(0.005)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    job.refresh_from_db()
    return job.percent


def _let_the_lease_run_out(job: Job) -> None:
    """As if the time had passed: another worker may take the job now."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())


def _one_of_everything(lab: Lab, machine: Machine, bucket: str) -> None:
    root = machine.install_root
    lines = [_command_line(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    engines = [line for line in lines if f"{root}/bin/" in line]
    assert len(engines) == 1
    assert [path.name for path in (Path(root) / "bin").iterdir()] == ["weed-4.48"]
    lab.pool.refresh_from_db()
    admin = Pair(*(lab.pool.secrets or {})["admin"])
    machine.refresh_from_db()
    door = places.door_of(machine)
    names = [each["Name"] for each in s3.s3(door, admin).list_buckets()["Buckets"]]
    assert names.count(bucket) == 1
    [identity] = EngineIdentity.objects.all()
    listed = s3.iam(door, admin).list_access_keys(UserName=identity.name)
    assert len(listed["AccessKeyMetadata"]) == 1


def _command_line(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:  # it ended meanwhile
        return ""


def test_two_workers_and_one_lease(own_lab: Lab) -> None:
    made = own_lab.create(own_lab.local())
    Job.objects.filter(pk=made.job.pk).update(
        state=Job.State.RUNNING,
        lease_owner="somebody",
        lease_until=timezone.now() + timedelta(minutes=1),
    )

    jobs.run(made.job.pk)

    made.job.refresh_from_db()
    assert (made.job.state, made.job.lease_owner) == (Job.State.RUNNING, "somebody")
    assert not made.job.steps.exists()
