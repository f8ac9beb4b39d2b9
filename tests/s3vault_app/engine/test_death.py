"""The worker dies by kill -9: another goes on, and there is one of everything.

``S3VAULT_KILLS`` kills more often than the few of an ordinary run (over 18 with
``-o faulthandler_timeout=0``); ``S3VAULT_SEED`` at other times.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.engine import jobs, places
from s3vault_app.models import Job
from tests.factories import make_person
from tests.s3vault_app.engine.deaths import (
    Worker,
    begun,
    finished,
    nothing_left,
    one_of_everything,
    percent,
)
from tests.s3vault_app.engine.lab import Lab, open_lab, pair_of, story

STEPS = ("preflight", "ship", "configure", "start", "health", "bucket", "identities", "verify")
KILLS = int(os.environ.get("S3VAULT_KILLS", "5"))
SEED = int(os.environ.get("S3VAULT_SEED", "7"))
KILLS_EACH = 5  # in one install
LONGEST_LIFE = 1.0  # seconds after a step began
pytestmark = [
    pytest.mark.xdist_group("s3"),
    pytest.mark.timeout(120 + 30 * KILLS),
]


@pytest.fixture
def own_lab(ground: Path, transactional_db: None, settings: Any) -> Iterator[Lab]:
    """Rows that another process sees."""
    settings.S3VAULT_LEASE_SECONDS = 2
    with open_lab(ground) as made:
        yield made


def test_a_job_outlives_its_workers(own_lab: Lab) -> None:
    owner = make_person()
    machine = own_lab.local()
    made = own_lab.create(machine, owners=(owner,))

    percents = []
    for step in STEPS:
        worker = Worker(made.job)
        assert worker.lives_until(partial(begun, made.job, step)), story(made.job)
        worker.kill()
        percents.append(percent(made.job))
    Worker(made.job).ends()

    assert finished(made.job).attempts > len(STEPS) // 2
    assert percents == sorted(percents)
    one_of_everything(own_lab, made.vault, [machine])
    held = s3.s3(places.door_of(machine), pair_of(owner))
    held.list_objects_v2(Bucket=made.vault.name)


def test_a_job_outlives_workers_that_die_at_any_moment(own_lab: Lab) -> None:
    chance = random.Random(SEED)  # noqa: S311 the same moments in each run
    kills = 0
    while kills < KILLS:
        owner = make_person()
        machines = [own_lab.local(), own_lab.local("127.0.0.2")]
        made = own_lab.create(*machines, owners=(owner,))

        percents, steps = [], sorted(chance.sample(range(len(STEPS)), KILLS_EACH))
        for step in steps[: KILLS - kills]:
            kills += _die_after(made.job, STEPS[step], chance.uniform(0, LONGEST_LIFE))
            percents.append(percent(made.job))
        Worker(made.job).ends()

        assert finished(made.job).percent == 100
        assert percents == sorted(percents)
        one_of_everything(own_lab, made.vault, machines)
        for machine in machines:
            s3.s3(places.door_of(machine), pair_of(owner)).list_objects_v2(Bucket=made.vault.name)
        gone = Job.objects.create(type=Job.Type.DELETE, vault=made.vault, pool=own_lab.pool)
        gone.machines.set(machines)
        Worker(gone).ends()
        finished(gone)
        assert all(map(nothing_left, machines))
        print(f"{kills} kills, at {percents} %, {made.job.attempts} runs")  # noqa: T201 for the record


def _die_after(job: Job, step: str, seconds: float) -> bool:
    """Kill a worker so long after the step began; False when the job was over by then."""
    worker = Worker(job)
    if not worker.lives_until(lambda: begun(job, step)):
        return False
    if not worker.lives_until(lambda: False, seconds):
        return False
    worker.kill()
    return True


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
