"""One engine for the whole session: a store and a gateway, given to each test as rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3vault_app.drivers.base import Door, Pair
from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.seaweedfs import files, secrets
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.installer import Installer
from s3vault_app.drivers.seaweedfs.layout import VERSION, Node
from s3vault_app.drivers.seaweedfs.package import package
from s3vault_app.models import Machine, StoragePlan, StoragePool
from tests.factories import as_admin, unique
from tests.s3vault_app.engine.lab import Lab, free_ports
from vaultportal.identity.ids import uuid7
from vaultportal.runtime import tls

# Far above what the sequence of a test's database reaches.
POOL_NUMBER = 990_001
HOSTS = ("127.0.0.1", "127.0.0.2")
# The same rows in each test: their folders bear the marks of these machines.
MACHINES = {host: uuid7() for host in HOSTS}
READY_SECONDS = 90.0


@dataclass
class Site:
    """What is installed, and the secrets that a pool's row would hold."""

    secrets: dict[str, Any] = field(repr=False)
    nodes: list[Node]
    certificates: list[tuple[str, str]] = field(repr=False)

    @property
    def doors(self) -> list[Door]:
        ca = str(tls.authority_file())
        return [Door(node.name, node.url, ca) for node in self.nodes]

    @property
    def engine(self) -> SeaweedEngine:
        return SeaweedEngine(self.doors, Pair(*self.secrets["admin"]))

    def rows(self, folder: Path, **plan: Any) -> Lab:
        """A pool whose engine this is, as a job leaves it; its machines are not the lab's."""
        pool = StoragePool.objects.create(
            name=unique("pool"), number=POOL_NUMBER, secrets=self.secrets, state="ready"
        )
        rules: dict[str, Any] = {"lock_mode": "GOVERNANCE", "retention_days": 1} | plan
        made = StoragePlan.objects.create(name=unique("plan"), pool=pool, **rules)
        made.refresh_from_db()
        for node, (chain, key) in zip(self.nodes, self.certificates, strict=True):
            Machine.objects.create(
                id=MACHINES[node.address],
                name=node.name,
                kind=Machine.Kind.LOCAL,
                host=node.address,
                ports=node.ports,
                install_root=node.root,
                state=Machine.State.READY,
                pool=pool,
                role=Machine.Role.STORE if node.is_store else Machine.Role.GATEWAY,
                engine_state=Machine.EngineState.ONLINE,
                engine_version=VERSION,
                url=node.url,
                certificate=chain,
                certificate_key=key,
            )
        return Lab(folder, pool, made, as_admin())


@contextmanager
def run_site(folder: Path) -> Iterator[Site]:
    """Install it with the drivers alone; nothing of it is left after the block."""
    made = secrets.fresh(HOSTS[0])
    nodes = [_node(folder, host) for host in HOSTS]
    hosts = [
        Installer(LocalHost(), node.pool, node.root, node=str(MACHINES[node.address]))
        for node in nodes
    ]
    site = Site(made, nodes, [_certificate(node) for node in nodes])
    try:
        for node, host, (chain, key) in zip(nodes, hosts, site.certificates, strict=True):
            host.ship(package(), lambda share: None)
            contents = files.files(node, nodes[0], files.Material(made, chain, key))
            host.configure(contents)
            host.start(files.stamp(contents))
            _await_ready(site, node)
        yield site
    finally:
        for host in reversed(hosts):
            host.remove(purge=True)


def _node(folder: Path, host: str) -> Node:
    is_store = host == HOSTS[0]
    root = str(folder / ("store" if is_store else "gateway"))
    return Node(
        name=f"site-{host}",
        pool=str(POOL_NUMBER),
        address=host,
        ports=free_ports(host),
        is_store=is_store,
        root=root,
        data_root=f"{root}/engine/data",
    )


def _certificate(node: Node) -> tuple[str, str]:
    chain, key = tls.issue(["localhost", node.address])
    return chain.decode(), key.decode()


def _await_ready(site: Site, node: Node) -> None:
    door = next(each for each in site.doors if each.name == node.name)
    deadline = time.monotonic() + READY_SECONDS
    while not site.engine.probe(door).ok:
        assert time.monotonic() < deadline, f"{node.name} does not answer"
        time.sleep(0.1)  # between two looks
