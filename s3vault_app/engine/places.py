"""From rows to what drivers work with: hosts, nodes, doors, engines. Logins are opened here."""

from __future__ import annotations

import hashlib
from pathlib import Path

from s3vault_app.drivers.base import Door, Engine, EngineRefused, Pair
from s3vault_app.drivers.hosts.base import Host
from s3vault_app.drivers.hosts.local import LocalHost
from s3vault_app.drivers.hosts.ssh import Login, SshHost
from s3vault_app.drivers.s3_iam import IamEngine
from s3vault_app.drivers.s3_static import StaticEngine
from s3vault_app.drivers.seaweedfs import secrets
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.installer import Installer
from s3vault_app.drivers.seaweedfs.layout import VERSION, Node, ports_of
from s3vault_app.drivers.seaweedfs.package import folder
from s3vault_app.models import Machine, StoragePool
from vaultportal.runtime import tls
from vaultportal.runtime.files import private_folder, replace


def login_of(machine: Machine) -> Login | None:
    """What signs in on a machine; None for the one that the portal runs on."""
    if machine.kind == Machine.Kind.LOCAL:
        return None
    return Login(
        host=machine.host,
        port=machine.port,
        user=machine.user,
        host_key=machine.host_key,
        password=machine.password,
        private_key=machine.private_key,
        passphrase=machine.passphrase,
    )


def open_host(login: Login | None) -> Host:
    """Sign in.

    Raises:
        HostLost, HostKeyChanged, VerbFailed: the login is refused.
    """
    return LocalHost() if login is None else SshHost(login)


def install_root(machine: Machine) -> str:
    """The folder on the machine; "" for the usual one below the home of the login."""
    if machine.kind == Machine.Kind.LOCAL and not machine.install_root:
        return str(private_folder(private_folder(folder()) / "here"))
    return machine.install_root


def installer(machine: Machine, host: Host, *, version: str = VERSION) -> Installer:
    """The steps for one machine of a pool, over an open host; version: of its engine."""
    pool = str(machine.pool.number) if machine.pool else "0"
    root = install_root(machine)
    data, node = machine.data_root, str(machine.pk)
    return Installer(host, pool, root, data, node=node, version=version)


def node_of(machine: Machine, *, root: str = "", data: str = "") -> Node:
    """The machine as its engine knows it; root, data: as the machine itself named them."""
    root = root or install_root(machine)
    return Node(
        name=machine.name,
        pool=str(machine.pool.number) if machine.pool else "0",
        address=machine.endpoint_address,
        ports=ports_of(machine.ports),
        is_store=machine.role == Machine.Role.STORE,
        root=root,
        data_root=data or machine.data_root or f"{root}/engine/data",
    )


def door_of(machine: Machine) -> Door:
    """The endpoint of a machine, whether it answers or not."""
    url = machine.url or node_of(machine, root="/").url
    return Door(machine.name, url, str(tls.authority_file()))


def doors_of(pool: StoragePool) -> list[Door]:
    """The endpoints of a pool that should answer, the store first."""
    if not pool.installs:
        return _given_doors(pool)
    machines = Machine.objects.filter(
        pool=pool,
        enabled=True,
        engine_state__in=(Machine.EngineState.ONLINE, Machine.EngineState.OFFLINE),
    )
    found = sorted(machines, key=lambda each: (each.role != Machine.Role.STORE, each.number))
    return [door_of(machine) for machine in found]


def engine_of(pool: StoragePool, doors: list[Door] | None = None) -> Engine:
    """The engine of a pool, reached through ``doors`` or all that it has.

    Raises:
        EngineRefused: the pool has no credentials.
    """
    doors = doors_of(pool) if doors is None else doors
    if pool.installs:
        made = pool.secrets
        if not made:
            raise EngineRefused("The engine of the pool is not installed yet.")
        return SeaweedEngine(doors, Pair(*made["admin"]))
    given = pool.credentials or {}
    if not given.get("access_key") or not given.get("secret_key"):
        raise EngineRefused("The pool has no key pair for its store.")
    pair = Pair(given["access_key"], given["secret_key"])
    if pool.engine == StoragePool.Engine.STATIC:
        return StaticEngine(doors, pair, str(pool.settings.get("bucket", "")))
    return IamEngine(doors, pair, str(pool.settings.get("iam_endpoint", "")))


def ensure_secrets(pool: StoragePool, store: Machine) -> None:
    """Kept at the portal before any machine hears of them."""
    address = store.endpoint_address
    known = pool.secrets
    wanted = secrets.moved(known, address) if known else secrets.fresh(address)
    if wanted != known:
        pool.secrets = wanted
        pool.save(update_fields=["secrets", "updated_at"])


def _given_doors(pool: StoragePool) -> list[Door]:
    settings = pool.settings
    ca = _ca_file(str(settings.get("ca") or ""))
    return [
        Door(
            name=url,
            url=url,
            ca=ca,
            region=str(settings.get("region") or "us-east-1"),
            path_style=bool(settings.get("path_style", True)),
        )
        for url in settings.get("endpoints", ())
    ]


def _ca_file(pem: str) -> str | None:
    """Clients want a path: the certificates that the pool names, in a file by their digest."""
    if not pem:
        return None
    name = hashlib.sha256(pem.encode()).hexdigest()[:16]
    path: Path = private_folder(folder()) / f"ca-{name}.pem"
    if not path.exists():
        replace(path, pem.encode(), mode=0o644)
    return str(path)
