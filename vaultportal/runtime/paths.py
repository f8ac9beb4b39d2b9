"""Where the portal keeps its files: computed from the environment alone, nothing is touched here.

Data folder and key folder are siblings, so that a copy of one is worthless without the other.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from vaultportal.env import env_int, env_str

BASE_DIR = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8000
# sun_path holds 108 bytes with the closing NUL.
SOCKET_PATH_LIMIT = 107
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"


@dataclass(frozen=True)
class Layout:
    """The two folders of one portal, and what lies in them."""

    data: Path
    keys: Path

    @property
    def lock(self) -> Path:
        """Held by the process that runs the services of this data folder."""
        return self.data / "services.lock"

    @property
    def users(self) -> Path:
        """Held, shared, by each command that uses services which another process runs."""
        return self.data / "services.users"

    @property
    def postgres(self) -> Path:
        """The database cluster: PGDATA."""
        return self.data / "postgres"

    @property
    def valkey(self) -> Path:
        """The folder of the broker's append-only file."""
        return self.data / "valkey"

    @property
    def binaries(self) -> Path:
        """Copies of the services' programs, where their account cannot reach the installed ones."""
        return self.data / "bin"

    @property
    def logs(self) -> Path:
        """What the services say while a command runs them; ``serve`` shows it in the terminal."""
        return self.data / "log"

    @property
    def sockets(self) -> Path:
        """The folder of both sockets: in the data folder, or a private one among temporary files.

        The kernel takes 107 bytes for a socket's path, and libpq reads a comma as a list of hosts.
        """
        folder = self.data / "run"
        longest = max(POSTGRES_SOCKET, VALKEY_SOCKET, key=len)
        if len(os.fsencode(folder / longest)) <= SOCKET_PATH_LIMIT and "," not in str(folder):
            return folder
        mark = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"vaultportal-{mark}"

    @property
    def valkey_socket(self) -> Path:
        """Where the broker listens, and nowhere else."""
        return self.sockets / VALKEY_SOCKET


def layout() -> Layout:
    """The folders that the environment names."""
    return Layout(data=data_dir(), keys=key_dir())


def data_dir() -> Path:
    """PORTAL_DATA_DIR, or a default that differs by port, so that two portals can run at once."""
    chosen = env_str("PORTAL_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    port = env_int("PORTAL_PORT", DEFAULT_PORT, least=1, most=65535)
    name = "vaultportal" if port == DEFAULT_PORT else f"vaultportal-{port}"
    if os.geteuid() == 0:
        return Path("/var/lib") / name
    home = env_str("XDG_DATA_HOME") or "~/.local/share"
    return Path(home).expanduser().absolute() / name


def key_dir() -> Path:
    """PORTAL_KEY_DIR, or ``<data folder>-keys``: root key, secret key, services' passwords."""
    chosen = env_str("PORTAL_KEY_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    data = data_dir()
    return data.with_name(f"{data.name}-keys")


def static_root() -> Path:
    """Where the collected static files lie."""
    return data_dir() / "static"


def tls_dir() -> Path:
    """Certificates that the portal makes for itself; their keys lie in the key folder."""
    return data_dir() / "tls"


def beat_memory() -> Path:
    """When each scheduled task last ran: JSON."""
    return data_dir() / "beat" / "last_runs.json"
