"""What is written on a machine: configuration, certificates, and the line that starts the engine.

Every flag and entry here is one that cost somebody an evening without it; see the reasons beside.
"""

from __future__ import annotations

import hashlib
import io
import json
import shlex
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s3vault_app.drivers.seaweedfs.layout import BINARY, Node

SUPERVISOR = Path(__file__).with_name("supervisor.sh")
# Roles that dial or answer others: each shows the pool's certificate, so that nobody else gets in.
_ROLES = ("master", "volume", "filer", "s3", "client")
# Below the engine's folder on every machine; a store has ``etc/master.toml`` too.
NAMES = (
    "etc/pool",
    "etc/security.toml",
    "etc/s3.json",
    "etc/internal-ca.pem",
    "etc/internal.pem",
    "etc/internal.key",
    "etc/endpoint.pem",
    "etc/endpoint.key",
    "etc/unit",
    "weed.sh",
    "run.sh",
)


@dataclass(frozen=True, slots=True)
class Material:
    """The secrets of a pool and of one machine, as PEM and text.

    secrets: see ``secrets.py``. chain, key: of the machine's endpoint.
    """

    secrets: dict[str, Any] = field(repr=False)
    chain: str
    key: str = field(repr=False)


def files(node: Node, store: Node, material: Material) -> dict[str, bytes]:
    """By path below ``node.home``, all that the engine reads there."""
    made = (
        node.pool + "\n",
        _security(node, material.secrets),
        _identities(material.secrets),
        material.secrets["ca"],
        material.secrets["node"],
        material.secrets["node_key"],
        material.chain,
        material.key,
        _unit(node),
        "exec " + shlex.join(command(node, store)) + "\n",
        SUPERVISOR.read_text(),
    )
    texts = dict(zip(NAMES, made, strict=True))
    if node.is_store:
        texts["etc/master.toml"] = _master()
    return {name: text.encode() for name, text in texts.items()}


def archive(contents: dict[str, bytes]) -> bytes:
    """A tar of the files, each for the owner alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def stamp(contents: dict[str, bytes]) -> str:
    """A digest of what takes a restart to change. The engine reads new certificates by itself."""
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        if not name.startswith("etc/endpoint"):
            digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def command(node: Node, store: Node) -> list[str]:
    """The program and its arguments; nothing secret is among them."""
    home, ports = node.home, node.ports
    program = [
        f"{node.root}/bin/{BINARY}",
        f"-logdir={home}/log",
        "-alsologtostderr=false",
        f"-config_dir={home}/etc",
    ]
    if not node.is_store:
        return [
            *program,
            "s3",
            f"-ip={node.address}",
            f"-ip.bind={node.address}",
            f"-filer={store.address}:{store.ports['filer']}",
            *_gateway("", node),
        ]
    return [
        *program,
        "server",
        f"-dir={node.data_root}",
        f"-ip={node.address}",
        f"-ip.bind={node.address}",
        f"-master.port={ports['master']}",
        "-master.telemetry=false",  # else the vendor hears of it
        "-master.electionTimeout=1s",  # else a restart takes 20 seconds
        "-master.volumeSizeLimitMB=512",
        f"-volume.port={ports['volume']}",
        # Each bucket takes volumes at its first write; with the usual number they run out.
        "-volume.max=1000",
        "-volume.minFreeSpace=5",
        "-volume.preStopSeconds=1",
        "-filer",
        f"-filer.port={ports['filer']}",
        "-filer.exposeDirectoryData=false",
        "-filer.ui.deleteDir=false",
        f"-filer.localSocket={home}/run/filer.sock",
        "-s3",
        *_gateway("s3.", node),
    ]


def _gateway(prefix: str, node: Node) -> list[str]:
    home = node.home
    flags = {
        "port": str(node.ports["s3"]),
        "port.iceberg": "0",  # two more doors, open by default
        "port.lance": "0",
        "config": f"{home}/etc/s3.json",
        "iam.readOnly": "false",  # else users cannot be told of at run time
        "allowDeleteBucketNotEmpty": "false",
        "autoCreateBucket": "false",
        "cert.file": f"{home}/etc/endpoint.pem",
        "key.file": f"{home}/etc/endpoint.key",
        # By default in /tmp, where two gateways of one machine collide.
        "localSocket": f"{home}/run/s3.sock",
    }
    return [f"-{prefix}{name}={value}" for name, value in flags.items()]


def _security(node: Node, secrets: dict[str, Any]) -> str:
    """Tokens for writes and reads, and certificates of the pool's own CA for every connection.

    Without them the filer gives and deletes any object to anybody, locked or not, and the master
    hands out write tokens.
    """
    etc = node.home / "etc"
    pair: dict[str, str | bool] = {"cert": f"{etc}/internal.pem", "key": f"{etc}/internal.key"}
    trust: dict[str, str | bool] = {"ca": f"{etc}/internal-ca.pem"}
    tables: dict[str, dict[str, str | bool]] = {
        "jwt.signing": {"key": secrets["jwt_volume"]},
        "jwt.filer_signing": {"key": secrets["jwt_filer"]},
        "jwt.filer_signing.read": {"key": secrets["jwt_filer_read"]},
        # Without it every encrypted put ends in an error.
        "s3.sse": {"key": secrets["sse"]},
        "grpc": dict(trust),
    }
    tables |= {f"grpc.{role}": dict(pair) for role in _ROLES}
    tables |= {f"https.{role}": pair | trust for role in ("master", "volume", "filer")}
    tables["https.client"] = {"enabled": True} | pair | trust
    return "\n".join(_table(name, entries) for name, entries in tables.items())


def _table(name: str, entries: dict[str, str | bool]) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in entries.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def _master() -> str:
    """One volume for a bucket's first write instead of seven."""
    return _table("master.volume_growth", {}) + "copy_1 = 1\ncopy_2 = 1\ncopy_3 = 1\n"


def _identities(secrets: dict[str, Any]) -> str:
    """A gateway that knows nobody lets everybody in: it always knows the portal."""
    pair = {"accessKey": secrets["admin"][0], "secretKey": secrets["admin"][1]}
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    return json.dumps(
        {"identities": [{"name": "vault-portal", "credentials": [pair], "actions": rights}]}
    )


def _unit(node: Node) -> str:
    """For machines with systemd; it is left lying where there is none."""
    return f"""\
[Unit]
Description=S3 endpoint of pool {node.pool}
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/bin/sh {node.home}/weed.sh
WorkingDirectory={node.home}
Restart=always
RestartSec=1
TimeoutStopSec=30
NoNewPrivileges=true
ProtectSystem=strict
ReadWritePaths={node.home} {node.data_root}
PrivateTmp=true

[Install]
WantedBy={"default.target" if node.root.startswith("/home/") else "multi-user.target"}
"""
