"""A real portal for tests over HTTP: its own database, keys, port and processes."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from tests.services import TestServices
from tests.shell import Shell
from vaultportal.runtime.files import ensure_secret
from vaultportal.runtime.paths import BASE_DIR
from vaultportal.runtime.processes import Program, spawn, stop
from vaultportal.runtime.services import DATABASE_USER, POSTGRES_PASSWORD, VALKEY_PASSWORD

READY_SECONDS = 120.0  # two cores under full load
LOG_TAIL = 4000
MANAGE = str(BASE_DIR / "manage.py")


@dataclass(frozen=True)
class Portal:
    """Where it is, what opens it, and where it writes."""

    url: str
    data_dir: Path
    log_path: Path
    environment: Mapping[str, str] = field(repr=False)
    # What ``bootstrap --dev --json`` printed: portal, piiano, privx, sailpoint, commvault.
    credentials: dict[str, Any] = field(repr=False)
    shell: Shell = field(repr=False)
    # The process ids of web, worker and scheduler.
    pids: tuple[int, ...] = ()

    def manage(self, *arguments: str) -> str:
        """Run one management command on this portal; what it printed."""
        return _manage(self.environment, self.log_path, *arguments)

    def log(self) -> str:
        """All that its processes have written so far."""
        return self.log_path.read_text(errors="replace")


@contextmanager
def run_portal(
    services: TestServices, name: str, *, bootstrapped: bool = True, **variables: str
) -> Iterator[Portal]:
    """A portal of its own while the block runs; ``variables`` are added to its environment.

    bootstrapped: False for one that nobody is in charge of yet; it has no credentials.
    """
    folder = services.folder / f"portal-{name}"
    folder.mkdir()
    database = f"portal_{name.replace('-', '_')}"
    services.copy_database(database)
    port = free_port()
    environment = _environment(services, folder, database, port) | variables
    url = environment["PUBLIC_BASE_URL"]
    log_path = folder / "portal.log"
    with ExitStack() as children:
        children.callback(_keep_log, log_path, name)
        log = children.enter_context(log_path.open("ab"))
        bootstrap = ("bootstrap", "--dev", "--json")
        made = _manage(environment, log_path, *bootstrap) if bootstrapped else "{}"
        credentials = json.loads(made)
        started = {}
        for role in ("web", "worker", "beat"):
            program = Program(role, (sys.executable, MANAGE, role), environment)
            started[role] = spawn(program, log)
            children.callback(stop, started[role], program, seconds=5)
        _await_ready(url, started, log_path)
        pids = tuple(child.pid for child in started.values())
        shell = Shell(environment, log_path)
        children.callback(shell.stop)
        yield Portal(url, folder / "data", log_path, environment, credentials, shell, pids)


def free_port() -> int:
    """A port of the loopback that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(services: TestServices, folder: Path, database: str, port: int) -> dict[str, str]:
    keys = services.layout.keys
    password = quote(ensure_secret(keys / POSTGRES_PASSWORD), safe="")
    broker_password = quote(ensure_secret(keys / VALKEY_PASSWORD), safe="")
    host = urlencode({"host": str(services.layout.sockets)})
    number = _broker_database(services)
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "PYTHONPATH": str(BASE_DIR),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "vaultportal.settings",
        "DATABASE_URL": f"postgres://{DATABASE_USER}:{password}@/{database}?{host}",
        "REDIS_URL": (
            f"unix://:{broker_password}@{quote(str(services.layout.valkey_socket))}?db={number}"
        ),
        "PORTAL_DATA_DIR": str(folder / "data"),
        "PORTAL_KEY_DIR": str(folder / "keys"),
        "PORTAL_HOST": "127.0.0.1",
        "PORTAL_PORT": str(port),
        "PORTAL_WEB_PROCESSES": "1",
        "PORTAL_WORKER_PROCESSES": "4",  # one worker for all queues: long jobs hold up nothing
        "TRIGGERS_RATE_LIMIT": "0",  # one client asks for all tests
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
    }


def _broker_database(services: TestServices) -> int:
    """A number of the one broker that no other portal has: two may start at the same moment.

    With the same one, the workers of one would take, and lose, what the other has to do.
    """
    number = 1
    while True:
        try:
            (services.folder / f"broker-{number}").mkdir()
        except FileExistsError:
            number += 1
        else:
            return number


def _manage(environment: Mapping[str, str], log_path: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, MANAGE, *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=READY_SECONDS,
    )
    if done.returncode:
        raise AssertionError(f"{arguments[0]} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def _await_ready(url: str, started: Mapping[str, subprocess.Popen[bytes]], log_path: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    with httpx.Client(base_url=url, timeout=5) as looking:
        while time.monotonic() < deadline:
            dead = [role for role, child in started.items() if child.poll() is not None]
            if dead:
                raise AssertionError(f"{', '.join(dead)} stopped at once:\n{_tail(log_path)}")
            try:
                if looking.get("/readyz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:  # it does not listen yet
                pass
            time.sleep(0.05)  # between two looks
    raise AssertionError(f"The portal was not ready in {READY_SECONDS:.0f} s:\n{_tail(log_path)}")


def _tail(path: Path) -> str:
    return path.read_text(errors="replace")[-LOG_TAIL:]


def _keep_log(path: Path, name: str) -> None:
    """Where somebody collects artifacts, the log outlives the session."""
    if os.environ.get("CI") and path.exists():
        kept = BASE_DIR / "artifacts" / f"portal-{name}.log"
        kept.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, kept)
