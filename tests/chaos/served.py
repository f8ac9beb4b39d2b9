"""A portal as an operator runs it: one ``serve`` with its own PostgreSQL and Valkey, fsync on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psutil
import psycopg

from tests.portal import MANAGE, free_port
from tests.processes import family
from vaultportal.runtime.paths import BASE_DIR, Layout
from vaultportal.runtime.services import DATABASE_NAME, DATABASE_USER, POSTGRES_PASSWORD

START_SECONDS = 180.0
POLL_SECONDS = 0.1
_never = Event()


def await_true(question: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
    """Ask until it is so; fail after ``seconds`` with what ``what`` says."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, what()
        _never.wait(POLL_SECONDS)


@dataclass
class Served:
    """The place of one portal; its ``serve`` runs from ``start`` on."""

    folder: Path
    port: int
    extra: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    @property
    def layout(self) -> Layout:
        return Layout(data=self.folder / "data", keys=self.folder / "keys")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.folder / "serve.log"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "PYTHONPATH": str(BASE_DIR),
            "DJANGO_SETTINGS_MODULE": "vaultportal.settings",
            "PORTAL_DATA_DIR": str(self.layout.data),
            "PORTAL_KEY_DIR": str(self.layout.keys),
            "PORTAL_PORT": str(self.port),
            "PORTAL_WEB_PROCESSES": "1",
            "PORTAL_WORKER_PROCESSES": "1",
        } | self.extra

    def start(self, *options: str) -> None:
        """Run ``serve``; its output is appended to the log."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, MANAGE, "serve", *options],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def await_ready(self, seconds: float = START_SECONDS) -> None:
        assert self.process is not None
        child = self.process

        def answers() -> bool:
            assert child.poll() is None, self.log()[-4000:]
            with suppress(httpx.TransportError):
                # Plain http: no time for certificates.
                answer = httpx.get(f"{self.url}/readyz", timeout=5, verify=False)  # noqa: S501
                return answer.status_code == httpx.codes.OK
            return False

        await_true(answers, seconds, lambda: self.log()[-4000:])

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One management command beside the running portal."""
        return subprocess.run(
            [sys.executable, MANAGE, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def bootstrap(self) -> dict[str, Any]:
        done = self.manage("bootstrap", "--dev", "--json")
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of the portal's database outside Django, in autocommit."""
        return psycopg.connect(
            host=str(self.layout.sockets),
            dbname=DATABASE_NAME,
            user=DATABASE_USER,
            password=(self.layout.keys / POSTGRES_PASSWORD).read_text().strip(),
            autocommit=True,
        )

    def family(self) -> dict[int, str]:
        """Process ids and command lines of all that belongs to it, ``serve`` itself left out."""
        own = [self.process.pid] if self.process else []
        return family(self.layout.data, own)

    def pids(self, word: str) -> list[int]:
        """Those whose command line has the word, the oldest first."""
        return sorted(pid for pid, line in self.family().items() if word in line)

    def children_of(self, parent: int) -> list[int]:
        """The family's processes that ``parent`` has started."""
        with suppress(psutil.NoSuchProcess):
            return sorted(each.pid for each in psutil.Process(parent).children())
        return []


@contextmanager
def served(**extra: str) -> Iterator[Served]:
    """A place for a portal that is gone at the end, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="vpc-"))
    folder.chmod(0o711)  # the services' account passes through
    portal = Served(folder, free_port(), extra)
    try:
        yield portal
    finally:
        if portal.process is not None and portal.process.poll() is None:
            portal.process.terminate()
            try:
                portal.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                portal.process.kill()
                portal.process.wait()
        sockets = portal.layout.sockets
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(sockets, ignore_errors=True)
