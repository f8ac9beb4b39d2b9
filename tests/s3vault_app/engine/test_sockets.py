"""Sockets that a store opens in everybody's folder: never where others have theirs."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.seaweedfs.layout import GRPC_OFFSET
from s3vault_app.engine import jobs, places
from s3vault_app.models import Job
from tests.s3vault_app.engine.lab import Lab, finish, sockets, story

pytestmark = [
    pytest.mark.xdist_group("s3"),
    pytest.mark.skipif(Path("/run/systemd/system").is_dir(), reason="it has a /tmp of its own"),
]


def test_a_store_takes_nobodys_socket_and_leaves_none(lab: Lab) -> None:
    machine = lab.local()
    made = lab.create(machine)
    port = machine.ports["filer"] + GRPC_OFFSET
    place = Path(f"/tmp/seaweedfs-filer-grpc-{port}.sock")  # noqa: S108 the engine's

    with _that_cannot_be_removed(place):
        told = _failed(made.job)
    assert f"{place} is in the way" in told

    with _that_somebody_listens_at(place):
        told = _failed(_again(made.job))
        assert place.is_socket()
    assert "Another engine of this machine uses the same ports" in told
    assert str(place) in told

    place.touch()  # left by one that is gone
    finish(_again(made.job))
    found = sockets(machine.ports.values())
    assert len(found) == len(machine.ports)
    assert all(path.is_socket() for path in found)
    noted = Path(machine.install_root) / "engine" / "run" / "sockets"
    assert sorted(noted.read_text().split()) == sorted(map(str, found))

    machine.refresh_from_db()
    installer = places.installer(machine, LocalHost())
    installer.stop()
    assert not sockets(machine.ports.values())
    installer.start("")
    installer.remove(purge=True)
    assert not sockets(machine.ports.values())


@contextmanager
def _that_cannot_be_removed(place: Path) -> Iterator[None]:
    """As a file of another account in a sticky folder, but also for root."""
    (place / "held").mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(place)


@contextmanager
def _that_somebody_listens_at(place: Path) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place))
        other.listen()
        try:
            yield
        finally:
            place.unlink(missing_ok=True)


def _again(job: Job) -> Job:
    made = Job.objects.create(type=Job.Type.CREATE, vault=job.vault, pool=job.pool)
    made.machines.set(job.machines.all())
    return made


def _failed(job: Job) -> str:
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED, story(job)
    return job.reason
