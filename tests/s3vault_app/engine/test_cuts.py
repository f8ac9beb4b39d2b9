"""A connection is cut in each step, or stays cut: the job goes on, or says why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from s3vault_app.engine.machines import INSTALL
from s3vault_app.models import Job, JobStep, Machine
from tests.s3vault_app.engine.deaths import (
    Worker,
    begun,
    finished,
    nothing_left,
    one_of_everything,
    percent,
)
from tests.s3vault_app.engine.lab import Lab, open_lab, story
from tests.s3vault_app.engine.sshd import SshServer, run_sshd

pytestmark = [
    pytest.mark.xdist_group("s3"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def own_lab(ground: Path, transactional_db: None) -> Iterator[Lab]:
    """Rows that another process sees."""
    with open_lab(ground) as made:
        yield made


def test_a_connection_that_is_cut_in_each_step_is_taken_up(
    own_lab: Lab, ssh_servers: tuple[SshServer, SshServer]
) -> None:
    machine = own_lab.remote(ssh_servers[0])
    made = own_lab.create(machine)

    cuts, percents = _cut_in(made.job, INSTALL, ssh_servers[0])

    assert finished(made.job).attempts == 1
    assert len(cuts) == len(INSTALL), "a step did not begin"
    assert sum(cuts) >= len(INSTALL) - 2, "a step may be over when the cut comes"
    assert percents == sorted(percents)
    one_of_everything(own_lab, made.vault, [machine])

    gone = Job.objects.create(type=Job.Type.DELETE, vault=made.vault, pool=own_lab.pool)
    gone.machines.set([machine])
    _cut_in(gone, ["remove"], ssh_servers[0])
    finished(gone)
    assert nothing_left(machine)


def _cut_in(job: Job, steps: list[str], server: SshServer) -> tuple[list[int], list[int]]:
    """Let a worker do the job; how many connections were cut in each step, and how far it was."""
    worker, cuts, percents = Worker(job), [], []
    for step in steps:
        assert worker.lives_until(partial(begun, job, step)), story(job)
        cuts.append(server.cut())
        percents.append(percent(job))
    worker.ends()
    return cuts, percents


def test_a_machine_that_stays_away_is_said_and_repeated_when_it_is_back(
    own_lab: Lab, ground: Path
) -> None:
    with run_sshd(ground / "leaving", "127.0.0.1") as server:
        machine = own_lab.remote(server)
        made = own_lab.create(machine)
        worker = Worker(made.job)
        assert worker.lives_until(lambda: begun(made.job, "ship")), story(made.job)
        server.stop()
        worker.ends()

        made.job.refresh_from_db()
        assert made.job.state == Job.State.FAILED, story(made.job)
        assert "The machine cannot be reached" in made.job.reason
        machine.refresh_from_db()
        assert machine.engine_state == Machine.EngineState.FAILED
        assert JobStep.objects.get(job=made.job, name="ship").state == JobStep.State.FAILED

        server.start()
        again = Job.objects.create(type=Job.Type.CREATE, vault=made.vault, pool=own_lab.pool)
        again.machines.set([machine])
        Worker(again).ends()
        finished(again)
        one_of_everything(own_lab, made.vault, [machine])
