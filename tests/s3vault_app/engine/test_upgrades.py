"""An older engine is upgraded: proved, or the older one runs again, whoever dies meanwhile."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import BucketRules
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.drivers.seaweedfs.package import Package, package
from s3vault_app.engine import jobs, machines, places
from s3vault_app.engine import verify as proofs
from s3vault_app.engine.upgrades import STEPS
from s3vault_app.engine.vaults import guard_of
from s3vault_app.models import Endpoint, Job, JobStep, Machine
from s3vault_app.services import endpoints, upgrades
from tests.s3vault_app.engine.ageing import OLDER, aged, stands
from tests.s3vault_app.engine.deaths import Worker, begun, finished
from tests.s3vault_app.engine.lab import Lab, finish, machines_of, story
from tests.s3vault_app.engine.site import Site
from tests.s3vault_app.engine.sshd import SshServer

pytestmark = [pytest.mark.xdist_group("s3"), pytest.mark.timeout(300)]


@pytest.fixture
def gateway(shared: Lab, ssh_servers: tuple[SshServer, SshServer]) -> Iterator[Machine]:
    """The gateway of the session's engine, over SSH and older than the portal."""
    machine, server = machines_of(shared)[1], ssh_servers[1]
    assert machine.host == server.host
    machine.kind, machine.port, machine.user = Machine.Kind.SSH, server.port, server.user
    machine.host_key, machine.private_key = server.host_key, server.private_key
    with aged(machine):
        yield machine


def ended(job: Job) -> Job:
    jobs.run(job.pk)
    job.refresh_from_db()
    return job


def test_what_does_not_start_or_is_not_proved_gives_way_to_the_older_one(
    shared: Lab, gateway: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = finish(endpoints.install(shared.admin, gateway.number))
    told = JobStep.objects.get(job=asked, name="ship").message
    assert told == f"{OLDER} stays until somebody upgrades it"
    assert stands(shared, gateway, OLDER)

    with monkeypatch.context() as patch:
        patch.setattr(machines, "package", lambda: replace(package(), size=10**15))
        part = Path(gateway.install_root) / "bin" / f"weed-{VERSION}.part-of-an-earlier-one"
        part.touch()
        job = ended(upgrades.upgrade(shared.admin, gateway.number))
    assert "The disk of the install folder has" in job.reason, story(job)
    assert stands(shared, gateway, OLDER), story(job)

    with monkeypatch.context() as patch:
        patch.setattr(machines, "package", lambda: _that_ends_at_once(tmp_path))
        job = ended(upgrades.upgrade(shared.admin, gateway.number))
    assert job.state == Job.State.FAILED, story(job)
    assert job.reason.endswith("The older version runs again."), story(job)
    assert stands(shared, gateway, OLDER), story(job)
    assert gateway.failure.endswith("The older version runs again.")

    with _open_to_all(shared):
        job = ended(upgrades.upgrade(shared.admin, gateway.number))
    assert job.state == Job.State.FAILED, story(job)
    assert "The new version is not proved." in job.reason
    assert job.reason.endswith("The older version runs again.")
    assert stands(shared, gateway, OLDER), story(job)
    states = dict(job.steps.values_list("name", "state"))
    assert (states["verify"], states["back"], states["tidy"]) == ("failed", "ok", "todo")

    with monkeypatch.context() as patch:
        patch.delattr(proofs, "prove")  # a bug of ours
        job = ended(upgrades.upgrade(shared.admin, gateway.number))
    mistake = "The portal made a mistake; its log says which. The older version runs again."
    assert job.reason.endswith(mistake), story(job)
    assert stands(shared, gateway, OLDER), story(job)


def test_an_upgrade_is_not_blamed_for_what_was_wrong_before(shared: Lab, gateway: Machine) -> None:
    lost = shared.create(gateway).vault
    lost.bucket_made_at = timezone.now()
    lost.save()

    job = finish(upgrades.upgrade(shared.admin, gateway.number))

    assert stands(shared, gateway, VERSION)
    assert gateway.failure == ""
    assert f"The older version did not give these either: {lost.name}." in story(job)
    engine = places.engine_of(shared.pool)
    assert isinstance(engine, SeaweedEngine)
    guard: Any = s3.s3(engine.doors[0], engine.admin)
    listed = guard.list_objects_v2(Bucket=guard_of(shared.pool), Prefix=".vault-portal-upgrade/")
    assert listed["KeyCount"] == 0

    # What it could not clear away itself, the next look at the endpoint does.
    root = Path(gateway.install_root)
    (root / "bin" / f"weed-{OLDER}").touch()
    (root / "engine" / "before").mkdir()
    finish(endpoints.install(shared.admin, gateway.number))
    assert stands(shared, gateway, VERSION)


def _that_ends_at_once(folder: Path) -> Package:
    program = folder / "weed"
    program.write_text("#!/bin/sh\nexit 1\n")
    content = program.read_bytes()
    return Package(program, hashlib.sha256(content).hexdigest(), len(content), platform.machine())


@contextmanager
def _open_to_all(lab: Lab) -> Iterator[None]:
    """Anybody may read the bucket of the proof."""
    engine = places.engine_of(lab.pool)
    assert isinstance(engine, SeaweedEngine)
    bucket = f"vault-portal-proof-{lab.pool.number}"
    engine.ensure_bucket(BucketRules(bucket, lock_mode="GOVERNANCE"))
    store: Any = s3.s3(engine.doors[0], engine.admin)
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    rule = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": everything}
    policy = {"Version": "2012-10-17", "Statement": [rule]}
    store.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    try:
        yield
    finally:
        store.delete_bucket_policy(Bucket=bucket)


@pytest.fixture
def own_rows(site: Site, ground: Path, transactional_db: None, settings: Any) -> Lab:
    """Rows of the session's engine that another process sees."""
    settings.S3VAULT_LEASE_SECONDS = 2
    return site.rows(ground)


def test_an_upgrade_outlives_its_workers(own_rows: Lab) -> None:
    vault = own_rows.installed().vault
    machine = machines_of(own_rows)[1]
    with aged(machine):
        stopped = upgrades.upgrade(own_rows.admin, machine.number)
        _die_in(stopped, STEPS[:-1])
        Job.objects.filter(pk=stopped.pk).update(kill_asked_at=timezone.now())
        Worker(stopped).ends()
        stopped.refresh_from_db()
        assert stopped.state == Job.State.KILLED, story(stopped)
        assert stands(own_rows, machine, OLDER), story(stopped)

        job = upgrades.upgrade(own_rows.admin, machine.number)
        _die_in(job, ["start", "verify", "tidy"])
        Worker(job).ends()
        finished(job)
        assert stands(own_rows, machine, VERSION), story(job)
    door = Endpoint.objects.get(vault=vault, machine=machine)
    assert door.state == Endpoint.State.ONLINE


def _die_in(job: Job, steps: list[str]) -> None:
    for step in steps:
        worker = Worker(job)
        assert worker.lives_until(partial(begun, job, step)), story(job)
        worker.kill()
