"""The one command, as a person runs it: up, killed in parts, stopped."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.portal import free_port
from tests.processes import family, lives
from vaultportal.runtime.paths import BASE_DIR

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Served:
    """A running ``serve``, what it has printed, and where it is."""

    process: subprocess.Popen[bytes]
    log_path: Path
    port: int
    data: Path

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def family(self) -> dict[int, str]:
        """Its children by process id, with their command lines."""
        return family(self.data, [self.process.pid])

    def child(self, word: str) -> int:
        """The process id of the first child whose command line has the word."""
        return min(pid for pid, line in self.family().items() if word in line)

    def is_ready(self, scheme: str = "http") -> bool:
        try:
            answer = httpx.get(f"{scheme}://127.0.0.1:{self.port}/readyz", timeout=5, verify=False)  # noqa: S501
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


def await_true(question: Callable[[], bool], served: Served, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, served.log()[-4000:]
        assert served.process.poll() is None, served.log()[-4000:]
        time.sleep(0.1)  # between two looks


@pytest.fixture
def start(place: Path, empty_environment: pytest.MonkeyPatch) -> Iterator[Callable[..., Served]]:
    """Starts ``serve`` in a path with a blank; whatever still runs at the end is stopped."""
    started: list[Served] = []

    def run(*options: str, data: Path | None = None, port: int | None = None) -> Served:
        number, folder = port or free_port(), data or place / "the data"
        log_path = place / f"serve-{len(started)}.log"
        environment = os.environ | {"PORTAL_DATA_DIR": str(folder), "PORTAL_WEB_PROCESSES": "1"}
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(number), *options],
                cwd=BASE_DIR,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        started.append(Served(process, log_path, number, folder))
        return started[-1]

    yield run
    for served in started:
        if served.process.poll() is None:
            served.process.terminate()
        served.process.wait(timeout=30)


def test_it_comes_up_survives_kills_and_stops_cleanly(start: Callable[..., Served]) -> None:
    served = start()
    await_true(lambda: "Ctrl-C stops everything." in served.log(), served)
    assert "enter this code" in served.log()
    assert served.is_ready()

    second = start(data=served.data)
    assert second.process.wait(timeout=60) == 1
    assert "already uses" in second.log()
    assert "Traceback" not in second.log()

    for word in ("manage.py web", "manage.py worker", "bin/postgres", "valkey-server"):
        os.kill(served.child(word), signal.SIGKILL)
    await_true(lambda: served.log().count("it starts again in") >= 4, served)
    await_true(served.is_ready, served)

    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=30) == 0
    assert served.family() == {}


def test_killed_itself_it_leaves_nobody_and_the_next_one_starts(
    start: Callable[..., Served],
) -> None:
    first = start()
    await_true(first.is_ready, first)

    there = first.family()
    first.process.kill()
    first.process.wait()
    deadline = time.monotonic() + 90
    while left := [there[pid] for pid in there if lives(pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)  # between two looks

    second = start(port=first.port)
    await_true(second.is_ready, second)


def test_with_tls_the_printed_ca_is_enough_for_a_client(start: Callable[..., Served]) -> None:
    served = start("--tls", "--no-worker")
    await_true(lambda: "Clients must trust its CA: " in served.log(), served)

    ca = served.log().split("Clients must trust its CA: ")[1].splitlines()[0]
    context = ssl.create_default_context(cafile=ca)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with httpx.Client(verify=context) as client:
        answer = client.get(f"https://localhost:{served.port}/readyz")

    assert answer.status_code == httpx.codes.OK
    assert f"The portal is at https://127.0.0.1:{served.port}" in served.log()
    assert not [line for line in served.family().values() if "manage.py worker" in line]


def test_a_taken_port_is_told_before_anything_starts(start: Callable[..., Served]) -> None:
    first = start("--no-worker")
    await_true(first.is_ready, first)

    second = start(data=first.data.with_name("other"), port=first.port)

    assert second.process.wait(timeout=60) == 1
    assert f"cannot listen at 127.0.0.1 port {first.port}" in second.log()
    assert not (second.data / "postgres").exists()
