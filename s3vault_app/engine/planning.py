"""What a job would do, machine by machine; looked at, and nothing touched."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from s3vault_app.drivers.hosts.base import HostError
from s3vault_app.drivers.hosts.ssh import Login
from s3vault_app.drivers.seaweedfs import files
from s3vault_app.drivers.seaweedfs.installer import Installer, judge
from s3vault_app.drivers.seaweedfs.layout import BINARY, VERSION, Node, is_older
from s3vault_app.drivers.seaweedfs.package import Package, package
from s3vault_app.engine import places
from s3vault_app.engine.machines import INSTALL
from s3vault_app.engine.vaults import MAKE
from s3vault_app.models import Machine, StoragePlan

MOST_THREADS = 8
MEMORY_BYTES = {True: 600 * 1024**2, False: 250 * 1024**2}  # measured: a store, a gateway


@dataclass
class MachinePlan:
    """One machine. problem: why the job would fail there, "" when it would not.

    user: whose account does it, "" for the portal's own. service: the name of the unit of systemd;
    "" while nobody has looked, and where the engine is kept running without it.
    """

    machine: str
    role: str
    url: str
    user: str
    service: str
    ports: list[int]
    files: list[str]
    send_bytes: int
    disk_bytes: int
    memory_bytes: int
    steps: list[str]
    problem: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Preview:
    """machines: the store first. bucket: its rules. steps: those of the vault as a whole."""

    engine: str
    version: str
    machines: list[MachinePlan]
    bucket: dict[str, Any]
    steps: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def preview(plan: StoragePlan, machines: Iterable[Machine], *, look: bool = True) -> Preview:
    """What making a vault of ``plan`` on ``machines`` would do.

    look: sign in on each machine and see whether it would go well; False signs in nowhere, for
    callers that must not open logins.
    """
    pool, rows = plan.pool, list(machines)
    has_store = Machine.objects.filter(pool=pool, role=Machine.Role.STORE).exists()
    asks = []
    for machine in sorted(rows, key=lambda each: (each.role != Machine.Role.STORE, each.number)):
        is_store = machine.role == Machine.Role.STORE or not (has_store or machine.role)
        has_store = has_store or is_store
        node = replace(
            places.node_of(machine), pool=str(pool.number), is_store=is_store
        )  # as it would be enlisted
        asks.append((node, machine, places.login_of(machine) if look else None))
    found = package()
    with ThreadPoolExecutor(max_workers=MOST_THREADS) as threads:
        drafts = list(
            threads.map(lambda ask: _machine(ask[0], ask[1], ask[2], found, look=look), asks)
        )
    locked = plan.lock_mode != StoragePlan.Lock.NONE
    return Preview(
        engine=pool.engine,
        version=VERSION if pool.installs else "",
        machines=drafts if pool.installs else [],
        bucket={
            "lockMode": plan.lock_mode,
            "lockDays": plan.retention_days if locked else 0,
            "versioning": plan.versioning,
            "quotaBytes": plan.quota_bytes,
            "region": plan.region,
            "lifecycle": plan.lifecycle,
        },
        steps=list(MAKE),
    )


def _machine(
    node: Node, machine: Machine, login: Login | None, found: Package, *, look: bool
) -> MachinePlan:
    remote = machine.kind != Machine.Kind.LOCAL
    draft = MachinePlan(
        machine=node.name,
        role="store" if node.is_store else "gateway",
        url=node.url,
        user=machine.user if remote else "",
        service="",
        ports=node.listens_on,
        files=_files(node),
        send_bytes=found.length(packed=remote),
        disk_bytes=found.size,
        memory_bytes=MEMORY_BYTES[node.is_store],
        steps=list(INSTALL),
    )
    if not look:
        return draft
    try:
        host = places.open_host(login)
        try:
            folders = (places.install_root(machine), machine.data_root)
            stays = is_older(machine.engine_version)  # until somebody upgrades it
            version = machine.engine_version if stays else VERSION
            installer = Installer(host, node.pool, *folders, node=str(machine.pk), version=version)
            facts = installer.look()
            node = replace(node, root=facts.root, data_root=facts.data_root)
            draft.facts, draft.files = facts.shown(), _files(node)
            draft.service = "" if facts.manager == "loop" else node.unit
            if facts.running:
                draft.send_bytes = draft.disk_bytes = 0
            judge(facts, node, found)
        finally:
            with suppress(HostError):
                host.close()
    except HostError as fault:
        draft.problem = str(fault)
    return draft


def _files(node: Node) -> list[str]:
    root = node.root or "~/s3vault"
    named = [f"{root}/engine/{name}" for name in files.NAMES]
    master = [f"{root}/engine/etc/master.toml"] if node.is_store else []
    return sorted([f"{root}/bin/{BINARY}", *named, *master])
