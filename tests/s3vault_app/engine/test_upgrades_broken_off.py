"""An upgrade that is paused, stopped or dies: what is not proved never stays in service."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.models import Job, Machine
from s3vault_app.services import endpoints, upgrades
from s3vault_app.services import jobs as steering
from tests.s3vault_app.engine.ageing import OLDER, aged, processes, programs, stands
from tests.s3vault_app.engine.deaths import Worker, begun, finished
from tests.s3vault_app.engine.lab import Lab, machines_of, story
from tests.s3vault_app.engine.site import Site

pytestmark = [pytest.mark.xdist_group("s3"), pytest.mark.timeout(300)]


@pytest.fixture
def own_rows(site: Site, ground: Path, transactional_db: None, settings: Any) -> Lab:
    """Rows of the session's engine that another process sees."""
    settings.S3VAULT_LEASE_SECONDS = 2
    return site.rows(ground)


@pytest.fixture
def gateway(own_rows: Lab) -> Iterator[Machine]:
    """An endpoint that is older than the portal."""
    with aged(machines_of(own_rows)[1]) as machine:
        yield machine


def in_state(job: Job, state: Job.State) -> Job:
    job.refresh_from_db()
    assert job.state == state, story(job)
    return job


def test_a_paused_upgrade_leaves_the_older_engine_and_goes_on(
    own_rows: Lab, gateway: Machine
) -> None:
    job = upgrades.upgrade(own_rows.admin, gateway.number)
    worker = Worker(job)
    assert worker.lives_until(partial(begun, job, "start")), story(job)
    steering.pause(own_rows.admin, job.pk)
    worker.ends()
    in_state(job, Job.State.SUSPENDED)
    assert stands(own_rows, gateway, OLDER), story(job)

    steering.resume(own_rows.admin, job.pk)
    Worker(job).ends()
    finished(job)
    assert stands(own_rows, gateway, VERSION), story(job)


def test_other_jobs_do_not_adopt_what_is_not_proved(own_rows: Lab, gateway: Machine) -> None:
    job = upgrades.upgrade(own_rows.admin, gateway.number)
    _die_in(job, "health")
    asked = endpoints.install(own_rows.admin, gateway.number)
    Worker(asked).ends()
    finished(asked)
    assert stands(own_rows, gateway, OLDER), story(asked)

    Worker(job).ends()
    finished(job)
    assert stands(own_rows, gateway, VERSION), story(job)


@pytest.mark.parametrize("ask", ["nothing", "kill"])
def test_what_somebody_has_stopped_is_put_back_and_stays_stopped(
    own_rows: Lab, gateway: Machine, ask: str
) -> None:
    job = upgrades.upgrade(own_rows.admin, gateway.number)
    _die_in(job, "health")
    stop = endpoints.set_enabled(own_rows.admin, gateway.number, enabled=False)
    Worker(stop).ends()
    finished(stop)
    if ask == "kill":
        steering.kill(own_rows.admin, job.pk)
    Worker(job).ends()

    in_state(job, Job.State.KILLED if ask == "kill" else Job.State.FAILED)
    assert (processes(gateway), programs(gateway)) == ([], [f"weed-{OLDER}"]), story(job)
    gateway.refresh_from_db()
    assert (gateway.engine_state, gateway.engine_version) == ("disabled", OLDER), story(job)
    if ask == "nothing":
        assert job.reason == (
            f"{gateway.name}: It is stopped: start it first. "
            "The older version is in its place again."
        )
    start = endpoints.set_enabled(own_rows.admin, gateway.number, enabled=True)
    Worker(start).ends()
    finished(start)
    assert stands(own_rows, gateway, OLDER), story(start)


def _die_in(job: Job, step: str) -> None:
    """Its worker is killed there, and anybody may work on the pool."""
    worker = Worker(job)
    assert worker.lives_until(partial(begun, job, step)), story(job)
    worker.kill()
    Job.objects.filter(pk=job.pk).update(lease_until=job.created_at)
