"""Processes come, die and go; calls do not notice, or fail alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.vaultportal.sandbox.conftest import SMALL
from vaultportal.runtime.paths import BASE_DIR
from vaultportal.sandbox import results
from vaultportal.sandbox.api import Limits, Program
from vaultportal.sandbox.conversation import converse
from vaultportal.sandbox.errors import Busy, Died, LimitHit, NotAvailable, Rejected
from vaultportal.sandbox.pool import Pool
from vaultportal.sandbox.servers import Launch

HONEST = Program.of("exports.f = (v) => v + 1;", "honest")
LOOP = Program.of("exports.f = (v) => { for (;;); };", "loop")
ASKS = Program.of("exports.f = async (v) => (await v.vault.deref({})).k;", "asks")


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(Launch(), processes=4, patience=60.0)
    yield pool
    pool.close()


def call(pool: Pool, program: Program, value: Any, limits: Limits = SMALL, host: Any = None) -> Any:
    job = results.job("f", None, [[value]], limits, vault=isinstance(value, dict))
    (outcome,) = converse(pool, program, job, limits, host)
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def children(pid: int) -> set[int]:
    """Descendants of a process that are not dead."""
    found: set[int] = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if int(parent) == pid and state != "Z":
                found |= {int(entry.name)} | children(int(entry.name))
    return found


def until(holds: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)  # between two looks
    return holds()


def test_a_killed_zygote_is_replaced(pool: Pool) -> None:
    assert call(pool, HONEST, 1) == 2
    first = pool.zygote_pid()

    os.kill(first, signal.SIGKILL)

    assert call(pool, HONEST, 1) == 2  # its template lives on
    other = Program.of("exports.f = (v) => v + 2;", "other")
    assert until(lambda: pool.zygote_pid() != first)
    assert call(pool, other, 1) == 3


def test_a_killed_template_is_replaced_without_a_failed_call(pool: Pool) -> None:
    assert call(pool, HONEST, 1) == 2
    assert until(lambda: len(children(pool.zygote_pid())) == 1)  # the template alone
    (template,) = children(pool.zygote_pid())

    os.kill(template, signal.SIGKILL)

    assert call(pool, HONEST, 1) == 2


def test_a_zygote_that_does_not_move_is_replaced(pool: Pool) -> None:
    stuck = pool.zygote_pid()
    os.kill(stuck, signal.SIGSTOP)

    with pytest.raises(LimitHit):
        call(pool, HONEST, 1, Limits(wall_seconds=0.3))

    assert call(pool, HONEST, 1) == 2
    assert pool.zygote_pid() != stuck


def test_a_template_that_does_not_move_is_replaced(pool: Pool) -> None:
    assert call(pool, HONEST, 1) == 2
    assert until(lambda: len(children(pool.zygote_pid())) == 1)
    (stuck,) = children(pool.zygote_pid())
    os.kill(stuck, signal.SIGSTOP)

    with pytest.raises(LimitHit):
        call(pool, HONEST, 1, Limits(wall_seconds=0.3))

    assert call(pool, HONEST, 1) == 2
    os.kill(stuck, signal.SIGKILL)


def test_a_call_whose_answers_were_used_is_not_made_twice(pool: Pool) -> None:
    asked = []

    def host(name: str, argument: Any) -> Any:
        asked.append(name)
        for pid in children(pool.zygote_pid()):
            os.kill(pid, signal.SIGKILL)
        return {"k": 1}

    with pytest.raises(Died):
        call(pool, ASKS, {}, host=host)

    assert asked == ["vault.deref"]
    assert call(pool, ASKS, {}, host=lambda *_: {"k": 1}) == 1


def test_a_call_that_is_given_up_leaves_no_process(pool: Pool) -> None:
    with pytest.raises(LimitHit):
        call(pool, LOOP, 1, Limits(cpu_seconds=60, wall_seconds=0.3))

    assert until(lambda: not children(pool.zygote_pid()))  # its template is not trusted either


def test_a_host_that_fails_leaves_no_process(pool: Pool) -> None:
    def host(name: str, argument: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        call(pool, ASKS, {}, host=host)

    assert until(lambda: len(children(pool.zygote_pid())) == 1)


def test_two_hundred_calls_at_once(pool: Pool) -> None:
    def one(number: int) -> Any:
        return call(pool, HONEST, number, Limits(cpu_seconds=5, wall_seconds=60))

    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(one, range(200)))

    assert answers == list(range(1, 201))


def test_honest_calls_go_on_while_another_bundle_misbehaves(pool: Pool) -> None:
    stop = threading.Event()

    def misbehave() -> None:
        while not stop.is_set():
            with pytest.raises(LimitHit):
                call(pool, LOOP, 1)

    with ThreadPoolExecutor(3) as threads:
        rowdies = [threads.submit(misbehave) for _ in range(3)]
        try:
            answers = [call(pool, HONEST, n, Limits(wall_seconds=60)) for n in range(20)]
        finally:
            stop.set()
        for rowdy in rowdies:
            rowdy.result()

    assert answers == list(range(1, 21))


def test_one_bundle_has_half_of_the_room() -> None:
    pool = Pool(Launch(), processes=4, patience=0.05)
    inside, leave = threading.Semaphore(0), threading.Event()

    def host(name: str, argument: Any) -> Any:
        inside.release()
        leave.wait(30)
        return {"k": 1}

    with ThreadPoolExecutor(2) as threads:
        held = [
            threads.submit(call, pool, ASKS, {}, Limits(wall_seconds=60), host) for _ in range(2)
        ]
        try:
            for _ in held:
                assert inside.acquire(timeout=30)
            with pytest.raises(Busy):
                call(pool, ASKS, {})
            assert call(pool, HONEST, 1) == 2
        finally:
            leave.set()
        assert [each.result() for each in held] == [1, 1]
    pool.close()


def test_a_host_may_call_again_while_there_is_no_room() -> None:
    pool = Pool(Launch(), processes=1, patience=0.05)

    def host(name: str, argument: Any) -> Any:
        return {"k": call(pool, HONEST, 1)}

    assert call(pool, ASKS, {}, host=host) == 2
    pool.close()


def test_the_oldest_templates_make_room() -> None:
    pool = Pool(Launch(), processes=4, templates=2)

    for number in range(5):
        program = Program.of(f"exports.f = (v) => v + {number};", "one of many")
        assert call(pool, program, 1) == number + 1

    assert until(lambda: len(children(pool.zygote_pid())) <= 2)
    pool.close()


def test_closing_the_pool_ends_all_processes(pool: Pool) -> None:
    call(pool, HONEST, 1)
    zygote = pool.zygote_pid()
    all_of_them = {zygote} | children(zygote)
    assert len(all_of_them) >= 2

    pool.close()

    assert until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in all_of_them))


def test_no_descriptor_is_left_open(pool: Pool) -> None:
    def some_calls() -> int:
        """How many descriptors are open after them."""
        assert call(pool, HONEST, 1) == 2
        with pytest.raises(LimitHit):
            call(pool, LOOP, 1, Limits(cpu_seconds=0.05))
        with pytest.raises(Rejected):
            call(pool, ASKS, {})
        return len(list(Path("/proc/self/fd").iterdir()))

    first = some_calls()

    assert some_calls() <= first


def test_the_zygote_has_no_environment_and_the_lowest_account(pool: Pool) -> None:
    process = Path(f"/proc/{pool.zygote_pid()}")
    status = dict(
        line.split(":\t", 1)
        for line in (process / "status").read_text().splitlines()
        if ":\t" in line
    )

    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    if os.geteuid() == 0:
        assert (process / "environ").read_bytes() == b""
        assert set(status["Uid"].split()) == {status["Uid"].split()[0]}
        assert int(status["Uid"].split()[0]) > 60_000
        assert int(status["CapEff"], 16) == 0
        assert len(list((process / "fd").iterdir())) == 1


def test_a_machine_that_cannot_lock_runs_nothing(tmp_path: Path) -> None:
    program = tmp_path / "start.py"
    program.write_text(UNLOCKABLE)
    pool = Pool(Launch(program=program), processes=1)

    found = pool.availability()

    assert (found.ready, found.locked) == (False, False)
    assert found.reasons == ("seccomp: libseccomp is missing or does not know this kernel",)
    with pytest.raises(NotAvailable, match="libseccomp is missing"):
        call(pool, HONEST, 1)


def test_a_development_setting_runs_it_unlocked_and_says_so(tmp_path: Path) -> None:
    program = tmp_path / "start.py"
    program.write_text(UNLOCKABLE)
    pool = Pool(Launch(program=program, unlocked=True), processes=1)

    try:
        assert call(pool, HONEST, 1) == 2
        found = pool.availability()
    finally:
        pool.close()

    assert (found.ready, found.locked) == (True, False)
    assert found.reasons == ("seccomp: libseccomp is missing or does not know this kernel",)


# The real program on a machine without libseccomp.
UNLOCKABLE = """
import sys
root, site, uid, gid, mode = sys.argv[1:]
sys.path += [root, site]
sys.modules["pyseccomp"] = None
from vaultportal.sandbox.child import zygote
zygote.main(zygote.Orders(int(uid), int(gid), mode == "unlocked"))
"""

FORKED = """
import os, django
django.setup()
from vaultportal.sandbox import api
program = api.Program.of("exports.f = (v) => v + 1;", "b")
assert api.call(program, "f", None, [1]) == 2
child = os.fork()
if child == 0:
    done = api.call(program, "f", None, [2]) == 3
    from vaultportal.sandbox.pool import pool
    pool().close()
    os._exit(0 if done else 1)
assert os.waitpid(child, 0)[1] == 0
assert api.call(program, "f", None, [3]) == 4
print("both")
"""


def test_a_fork_of_the_portal_gets_processes_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKED],
        cwd=BASE_DIR,
        env=os.environ | {"PORTAL_LOG_LEVEL": "error"},
        capture_output=True,
        check=False,
    )

    assert (done.stdout.strip(), done.returncode) == (b"both", 0), done.stderr


def test_the_unlocking_setting_is_refused_in_production() -> None:
    variables = {"PORTAL_ENVIRONMENT": "production", "PORTAL_ACTIONS_UNLOCKED": "development"}
    done = subprocess.run(
        [sys.executable, "-c", "import vaultportal.settings"],
        cwd=BASE_DIR,
        env=os.environ | variables,
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
    assert b"PORTAL_ACTIONS_UNLOCKED must not be set" in done.stderr
