"""Pools, plans and machines as rows, over real machines of the loopback."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # it has none

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Pair
from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.seaweedfs.layout import GRPC_OFFSET
from s3vault_app.engine import jobs, places
from s3vault_app.models import Job, JobEvent, JobStep, KeyPair, Machine, StoragePlan, StoragePool
from s3vault_app.services import vaults
from tests.factories import as_admin, unique
from tests.s3vault_app.engine.sshd import SshServer
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User

REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")
ROLES = ("s3", "filer", "master", "volume")


def free_ports(host: str) -> dict[str, int]:
    """A port for each role, free with the one that it speaks gRPC on.

    By chance of its own: what a test's seed gives, others that run beside it are given too.
    """
    chance = random.SystemRandom()
    found: list[int] = []
    while len(found) < len(ROLES):
        port = chance.randint(10_100, 19_900)
        if port not in found and all(_is_free(host, each) for each in (port, port + GRPC_OFFSET)):
            found.append(port)
    return dict(zip(ROLES, found, strict=True))


def sockets(ports: Iterable[int]) -> list[Path]:
    """What engines with these ports have in everybody's folder."""
    names = [f"seaweedfs-*-grpc-{port + GRPC_OFFSET}.sock" for port in ports]
    return [path for name in names for path in Path("/tmp").glob(name)]  # noqa: S108 the engine's


def _is_free(host: str, port: int) -> bool:
    if sockets([port]):
        return False
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@dataclass
class Lab:
    """One test's rows. Machines are given up again when the test is over."""

    folder: Path
    pool: StoragePool
    plan: StoragePlan
    admin: Actor
    machines: list[Machine] = field(default_factory=list)

    def local(self, host: str = "127.0.0.1", **fields: Any) -> Machine:
        """The machine that this runs on, at an address of its own."""
        return self._add(kind=Machine.Kind.LOCAL, host=host, **fields)

    def remote(self, server: SshServer, **fields: Any) -> Machine:
        """A machine behind a server, its host key accepted."""
        known = {
            "port": server.port,
            "user": server.user,
            "host_key": server.host_key,
            "private_key": server.private_key,
        }
        return self._add(host=server.host, **(known | fields))

    def _add(self, *, host: str, **fields: Any) -> Machine:
        name = unique("machine")
        defaults = {
            "ports": free_ports(host),
            "install_root": str(self.folder / name[-6:]),
            "state": Machine.State.READY,
        }
        machine = Machine.objects.create(name=name, host=host, **(defaults | fields))
        machine.refresh_from_db()
        self.machines.append(machine)
        return machine

    def create(
        self, *machines: Machine, owners: tuple[User, ...] = (), **order: Any
    ) -> vaults.Made:
        """A vault by the service, and its job that waits."""
        return vaults.create_vault(
            self.admin,
            vaults.Order(
                name=order.pop("name", unique("vault")),
                plan=self.plan.number,
                machines=tuple(machine.number for machine in machines),
                owners=tuple(user.number for user in owners),
                **order,
            ),
        )

    def installed(self, *machines: Machine, **order: Any) -> vaults.Made:
        """The same with its job done."""
        made = self.create(*machines, **order)
        finish(made.job)
        made.vault.refresh_from_db()
        return made


@contextmanager
def open_lab(folder: Path, **plan: Any) -> Iterator[Lab]:
    """A pool without machines, and a plan on it."""
    pool = StoragePool.objects.create(name=unique("pool"))
    pool.refresh_from_db()
    rules: dict[str, Any] = {"lock_mode": "GOVERNANCE", "retention_days": 1} | plan
    made = StoragePlan.objects.create(name=unique("plan"), pool=pool, **rules)
    made.refresh_from_db()
    lab = Lab(folder, pool, made, as_admin())
    try:
        yield lab
    finally:
        for machine in lab.machines:
            clear(machine)


def clear(machine: Machine) -> None:
    """Whatever became of the test, nothing of ours runs on its machine."""
    places.installer(machine, LocalHost()).remove(purge=True)


def finish(job: Job) -> Job:
    """Run a job in this process; it has to be completed by that."""
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.COMPLETED, story(job)
    return job


def story(job: Job) -> str:
    """All that a job says of itself."""
    job.refresh_from_db()
    steps = [
        f"{step.machine.name if step.machine else '-'} {step.name}: {step.state} {step.message}"
        for step in JobStep.objects.filter(job=job).select_related("machine")
    ]
    events = [event.text for event in JobEvent.objects.filter(job=job)]
    return "\n".join([f"{job.state} {job.percent} % {job.reason}", *steps, *events])


def pair_of(user: User) -> Pair:
    """The working pair of a user over all vaults."""
    row = KeyPair.objects.get(user=user, vault=None, state=KeyPair.State.ACTIVE)
    return Pair(row.access_key_id, str(row.secret))


def client(machine: Machine, pair: Pair | None) -> Any:
    """An S3 client of one machine's endpoint, without retries."""
    machine.refresh_from_db()
    return s3.s3(places.door_of(machine), pair, attempts=1)


def refused(call: Any, **arguments: Any) -> str:
    """The store's word for its refusal."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return s3.code_of(caught.value)


def machines_of(lab: Lab) -> list[Machine]:
    """Those of the lab's pool, the store first."""
    return list(Machine.objects.filter(pool=lab.pool).order_by("-role"))
