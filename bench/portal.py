"""A portal of the harness's own: fresh data folder, real services, removed afterwards."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Portal:
    """url: without a slash at the end; pid: of the supervisor, 0 when somebody else runs it."""

    url: str
    pid: int
    credentials: dict[str, Any]
    environment: dict[str, str]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)  # between two questions
    raise SystemExit("The portal did not start:\n" + log.read_text(errors="replace")[-4000:])


@contextmanager
def started(**settings: str) -> Iterator[Portal]:
    """A portal on a free port with ``settings`` in its environment."""
    folder = Path(tempfile.mkdtemp(prefix="vaultportal-bench-"))
    folder.chmod(0o755)
    port = _free_port()
    environment = {
        **os.environ,
        "PORTAL_DATA_DIR": str(folder / "data"),
        "PORTAL_KEY_DIR": str(folder / "keys"),
        "PORTAL_PORT": str(port),
        **settings,
    }
    command = [sys.executable, str(ROOT / "manage.py")]
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "serve"], env=environment, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _await_ready(url, process, log)
        made = subprocess.run(
            [*command, "bootstrap", "--dev", "--json"],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
        yield Portal(url, process.pid, json.loads(made.stdout), environment)
    finally:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
