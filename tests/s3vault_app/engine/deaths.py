"""Workers that die by kill -9, and what has to be there, once, when another has gone on."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Pair
from s3vault_app.engine import jobs, places
from s3vault_app.models import EngineIdentity, Job, JobStep, Machine, Vault
from tests.s3vault_app.engine import children
from tests.s3vault_app.engine.lab import Lab, story
from tests.s3vault_app.engine.reaper import running

POLL_SECONDS = 0.005


class Worker:
    """A process that works on a job, which anybody may take over from now on."""

    def __init__(self, job: Job) -> None:
        self._job = job
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now())
        self._process = children.begin(partial(jobs.run, job.pk))

    def lives_until(self, enough: Callable[[], bool], seconds: float = children.PATIENCE) -> bool:
        """Let it work until ``enough``, or for so long; False when it has ended by then."""
        deadline = time.monotonic() + seconds
        while not enough():
            if not self._process.is_alive():
                return False
            if time.monotonic() > deadline:
                return True
            time.sleep(POLL_SECONDS)  # between two looks
        return True

    def ends(self) -> None:
        """Let it work to its end."""
        assert not self.lives_until(lambda: False), story(self._job)

    def kill(self) -> None:
        """End it, wherever it is."""
        self._process.kill()
        children.end_of(self._process)


def begun(job: Job, step: str) -> bool:
    """Whether the job has come to this step somewhere."""
    steps = JobStep.objects.filter(job=job, name=step)
    return steps.exclude(state=JobStep.State.WAITING).exists()


def percent(job: Job) -> int:
    """How far the job is."""
    job.refresh_from_db()
    return job.percent


def one_of_everything(lab: Lab, vault: Vault, machines: list[Machine]) -> None:
    """Nothing twice, nothing half made, nothing of a proof."""
    for machine in machines:
        machine.refresh_from_db()
        root = Path(machine.install_root)
        lines = [command_line(number) for number in running(root)]
        assert len([line for line in lines if f"{root}/bin/" in line]) == 1
        assert [path.name for path in (root / "bin").iterdir()] == ["weed-4.48"]
        assert sorted(path.name for path in root.iterdir()) == ["bin", "engine", "lock"]
    lab.pool.refresh_from_db()
    admin = Pair(*(lab.pool.secrets or {})["admin"])
    door = places.door_of(machines[0])
    client, iam = s3.s3(door, admin), s3.iam(door, admin)
    names = [each["Name"] for each in client.list_buckets()["Buckets"]]
    assert names.count(vault.name) == 1
    assert "Versions" not in client.list_object_versions(Bucket=vault.name)
    known = {each["UserName"] for each in iam.list_users()["Users"]} - {"vault-portal"}
    rows = EngineIdentity.objects.filter(pool=lab.pool)
    assert known == {row.name for row in rows}
    for row in rows:
        assert row.state == EngineIdentity.State.APPLIED
        listed = iam.list_access_keys(UserName=row.name)["AccessKeyMetadata"]
        assert [each["AccessKeyId"] for each in listed] == row.applied["keys"]


def nothing_left(machine: Machine) -> bool:
    """Whether no process and no file of an endpoint is on the machine."""
    return not Path(machine.install_root).exists() and not running(Path(machine.install_root))


def finished(job: Job) -> Job:
    """The job, which has to be completed."""
    job.refresh_from_db()
    assert job.state == Job.State.COMPLETED, story(job)
    return job


def command_line(number: int) -> str:
    """The arguments of a process, each with a zero byte after it; "" for one that has ended."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().decode(errors="replace")
    except OSError:  # it ended meanwhile
        return ""
