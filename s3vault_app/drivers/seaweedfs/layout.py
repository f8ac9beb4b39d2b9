"""Where the engine lies on a machine, and on which ports it listens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

VERSION = "4.48"
PROGRAM = "weed-"  # what stands before the version in a program's name
BINARY = f"{PROGRAM}{VERSION}"
GRPC_OFFSET = 10000  # each role also speaks gRPC, this far above its port
DEFAULT_PORTS = {"s3": 9443, "filer": 18888, "master": 19333, "volume": 18080}
SOCKET_PATH_LIMIT = 107  # bytes that the kernel takes for the path of a socket


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of a pool, as its engine needs to know it.

    address: what all roles listen on. root, data_root: absolute folders on the machine.
    """

    name: str
    pool: str
    address: str
    ports: dict[str, int]
    is_store: bool
    root: str
    data_root: str

    @property
    def home(self) -> PurePosixPath:
        """The folder of the engine's own files."""
        return PurePosixPath(self.root) / "engine"

    @property
    def unit(self) -> str:
        """The service of systemd, where there is one; as machine.sh names it."""
        return f"s3vault-{self.pool}.service"

    @property
    def url(self) -> str:
        """What a person pastes into a backup program."""
        return f"https://{self.host}:{self.ports['s3']}"

    @property
    def host(self) -> str:
        """The address as URLs write it."""
        return f"[{self.address}]" if ":" in self.address else self.address

    @property
    def listens_on(self) -> list[int]:
        """All ports of the roles that run here, gRPC included."""
        roles = ("s3", "filer", "master", "volume") if self.is_store else ("s3",)
        return [
            port + extra
            for port in map(self.ports.__getitem__, roles)
            for extra in (0, GRPC_OFFSET)
        ]


def is_older(version: str) -> bool:
    """Whether an engine of this version is of before the portal's; False for "", that is none."""
    return bool(version) and _parts(version) < _parts(VERSION)


def _parts(version: str) -> list[int]:
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]


def ports_of(chosen: dict[str, int]) -> dict[str, int]:
    """The ports by role, where nothing else was chosen the usual ones."""
    return DEFAULT_PORTS | {role: int(port) for role, port in chosen.items()}
