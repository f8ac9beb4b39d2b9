"""The whole portal is killed in the middle of an install, and started again: the job goes on."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.factories import unique
from tests.portal import MANAGE, Portal, run_portal
from tests.processes import family, lives
from tests.s3vault_app.api.wire import Wire
from tests.s3vault_app.engine.lab import free_ports
from tests.s3vault_app.engine.reaper import reaping, running
from tests.services import TestServices
from vaultportal.runtime.processes import Program, spawn, stop
from vaultportal.runtime.serving import ROLES

pytestmark = [pytest.mark.xdist_group("s3"), pytest.mark.slow, pytest.mark.timeout(400)]
PATIENCE = 150.0
_PORTS = (
    "from s3vault_app.models import Machine; Machine.objects.filter(kind='local').update(ports={})"
)


def until(true: Callable[[], bool], what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)  # between two looks


def test_an_install_goes_on_after_the_portal_was_killed(
    migrated: TestServices, worker_name: str
) -> None:
    with (
        run_portal(migrated, f"restart-{worker_name}", S3VAULT_LEASE_SECONDS="2") as portal,
        reaping(portal.data_dir / "s3"),
    ):
        portal.manage("shell", "--no-imports", "-c", _PORTS.format(free_ports("127.0.0.1")))
        wire = Wire(portal)
        access = portal.credentials["commvault"]
        wire.log_in(access["username"], access["password"])
        plan = wire.get("V2/Plan", fq="name:eq:standard")["plans"][0]["plan"]
        made = wire.post("V4/CVS3Store", {"bucket": {"clientName": unique("kept")}, "plan": plan})
        vault = made["response"]["entity"]["clientId"]
        job = wire.get(f"V4/CVS3Store/{vault}")["lastJobId"]
        until(lambda: _has_begun(wire, job, "ship"), lambda: _story(wire, job))

        _kill(portal)
        with _served(portal):
            until(lambda: _summary(wire, job)["status"] != "Running", lambda: _story(wire, job))

            summary = _summary(wire, job)
            assert (summary["status"], summary["percentComplete"]) == ("Completed", 100)
            assert wire.get(f"V4/CVS3Store/{vault}")["status"] == "READY"
            here = portal.data_dir / "s3" / "here"
            assert len([number for number in running(here) if _is_engine(number)]) == 1
            wire.delete(f"V4/CVS3Store/{vault}")
            until(lambda: not here.exists() and not running(here), portal.log)


def _has_begun(wire: Wire, job: int, step: str) -> bool:
    detail = wire.post("JobDetails", {"jobId": job})["job"]["jobDetail"]
    begun = [each for each in detail["attemptsInfo"] if each["startTime"]]
    return step in [each["phaseName"] for each in begun]


def _summary(wire: Wire, job: int) -> dict[str, Any]:
    [row] = wire.get(f"Job/{job}")["jobs"]
    found: dict[str, Any] = row["jobSummary"]
    return found


def _story(wire: Wire, job: int) -> object:
    return _summary(wire, job), wire.get("Events", jobId=job)


def _kill(portal: Portal) -> None:
    """Web server, worker and scheduler with all their children, at once."""
    below = family(portal.data_dir, portal.pids)
    alive = {*portal.pids, *(pid for pid, line in below.items() if MANAGE in line)}
    for number in alive:
        with suppress(ProcessLookupError):  # it ended with its parent
            os.kill(number, signal.SIGKILL)
    until(lambda: not any(lives(pid) for pid in alive), lambda: alive)


@contextmanager
def _served(portal: Portal) -> Iterator[None]:
    """The portal's processes as ``serve`` starts them, each worker with queues of its own."""
    with ExitStack() as children:
        log = children.enter_context(portal.log_path.open("ab"))
        for role, command in ROLES.items():
            program = Program(role, (sys.executable, MANAGE, *command), portal.environment)
            children.callback(stop, spawn(program, log), program, seconds=5)

        def answers() -> bool:
            with suppress(httpx.TransportError):
                # Plain http: no time for certificates.
                answer = httpx.get(f"{portal.url}/readyz", timeout=5, verify=False)  # noqa: S501
                return answer.status_code == httpx.codes.OK
            return False

        until(answers, portal.log)
        yield


def _is_engine(number: int) -> bool:
    return b"/bin/weed-" in Path(f"/proc/{number}/cmdline").read_bytes()
