"""The supervisor: it prints, restarts, stops in order, and leaves nobody behind."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vaultportal.runtime.paths import BASE_DIR
from vaultportal.runtime.processes import Program
from vaultportal.runtime.supervisor import Child, Supervisor

TALK = "import time, sys; print('hello', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time\n"
    "signal.signal(15, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "time.sleep(600)"
)


def program(code: str, name: str = "child") -> Program:
    return Program(name, (sys.executable, "-c", code), dict(os.environ))


def await_true(
    question: Callable[[], bool], supervisor: Supervisor | None = None, seconds: float = 15
) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, "it did not come true in time"
        if supervisor:
            supervisor.turn(0.05)
        else:
            time.sleep(0.02)  # between two looks


def running(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def is_alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_each_line_carries_the_name_of_its_program() -> None:
    output = io.BytesIO()
    supervisor = Supervisor(output)

    with supervisor.supervising():
        supervisor.start(program(TALK, "web"), tier=1)
        await_true(lambda: b"hello" in output.getvalue(), supervisor)

    assert output.getvalue() == b"web      | hello\n"


def test_a_killed_child_starts_again_after_a_pause_that_grows() -> None:
    output = io.BytesIO()
    supervisor = Supervisor(output)

    with supervisor.supervising():
        child = supervisor.start(program(TALK), tier=1)
        first = running(child)
        os.kill(first, signal.SIGKILL)
        await_true(lambda: child.process is not None and running(child) != first, supervisor)
        assert child.pause == 2
        os.kill(running(child), signal.SIGKILL)
        await_true(lambda: child.process is None, supervisor)

    assert b"child has ended (SIGKILL); it starts again in 1 s." in output.getvalue()
    assert b"child has ended (SIGKILL); it starts again in 2 s." in output.getvalue()


def test_what_a_killed_child_had_started_goes_with_it() -> None:
    output = io.BytesIO()
    supervisor = Supervisor(output)
    family = (
        "import subprocess, sys, time\n"
        "rest = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "print(subprocess.Popen(rest).pid, flush=True)\n"
        "time.sleep(600)"
    )

    with supervisor.supervising():
        child = supervisor.start(program(family), tier=1)
        await_true(lambda: b"\n" in output.getvalue(), supervisor)
        grandchild = int(output.getvalue().split(b"|")[1])
        os.kill(running(child), signal.SIGKILL)
        await_true(lambda: not is_alive(grandchild), supervisor)


def test_a_program_that_cannot_start_again_is_tried_again() -> None:
    output = io.BytesIO()
    supervisor = Supervisor(output)
    refusals = iter([False, True, False])

    def prepare() -> None:
        if next(refusals):
            raise OSError(28, "No space left on device")

    quick = Program("child", (sys.executable, "-c", TALK), dict(os.environ), prepare=prepare)
    with supervisor.supervising():
        child = supervisor.start(quick, tier=1)
        os.kill(running(child), signal.SIGKILL)
        await_true(lambda: b"cannot start" in output.getvalue(), supervisor)
        await_true(child.is_up, supervisor)


def test_the_second_tier_stops_before_the_first() -> None:
    output = io.BytesIO()
    supervisor = Supervisor(output)
    last_words = (
        "import signal, sys, time\n"
        "signal.signal(15, lambda *_: (print('bye', flush=True), sys.exit()))\n"
        "print('up', flush=True)\n"
        "time.sleep(600)"
    )

    with supervisor.supervising():
        supervisor.start(program(last_words, "database"), tier=0)
        supervisor.start(program(last_words, "web"), tier=1)
        await_true(lambda: output.getvalue().count(b"up") == 2, supervisor)
    await_true(lambda: output.getvalue().count(b"bye") == 2)

    lines = output.getvalue().decode().splitlines()
    assert [line.split()[0] for line in lines if "bye" in line] == ["web", "database"]


def test_a_child_that_will_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vaultportal.runtime.supervisor.STOP_SECONDS", (0.3, 0.3))
    output = io.BytesIO()
    supervisor = Supervisor(output)

    with supervisor.supervising():
        child = supervisor.start(program(STUBBORN), tier=1)
        pid = running(child)
        await_true(lambda: b"deaf" in output.getvalue(), supervisor)

    assert not is_alive(pid)


def test_a_signal_ends_the_run_and_handlers_are_put_back() -> None:
    supervisor = Supervisor(io.BytesIO())
    before = signal.getsignal(signal.SIGTERM)

    with supervisor.supervising():
        child = supervisor.start(program(TALK), tier=1)
        pid = running(child)
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.run()

    assert not is_alive(pid)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_killed_supervisor_leaves_nobody_behind() -> None:
    code = (
        "import os, sys\n"
        "from vaultportal.runtime.processes import Program\n"
        "from vaultportal.runtime.supervisor import Supervisor\n"
        "supervisor = Supervisor()\n"
        "with supervisor.supervising():\n"
        "    talk = 'import os, time; print(os.getpid(), flush=True); time.sleep(600)'\n"
        "    argv = (sys.executable, '-c', talk)\n"
        "    supervisor.start(Program('child', argv, dict(os.environ)), tier=1)\n"
        "    supervisor.run()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline().split("|")[1])

    parent.kill()
    parent.communicate()

    await_true(lambda: not is_alive(child))
