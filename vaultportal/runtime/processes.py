"""Child processes: started with the rights they need, and gone when their starter is gone."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from vaultportal.runtime.accounts import Account
from vaultportal.runtime.errors import RuntimeFault

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.02
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _nothing() -> None:
    """Programs without preparation."""


@dataclass(frozen=True)
class Program:
    """What to start, as whom, and how to ask it to stop."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    account: Account | None = None
    cwd: Path | None = None
    stdin: bytes | None = field(default=None, repr=False)
    stop_signal: signal.Signals = signal.SIGTERM
    # Sent by the kernel when the starter dies, however it dies.
    death_signal: signal.Signals = signal.SIGTERM
    # Run before each start: clears away what a killed predecessor left.
    prepare: Callable[[], None] = field(default=_nothing, repr=False)


def spawn(program: Program, output: int | IO[bytes] | None) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own. Call it from the main thread.

    The kernel ties the death signal to the *thread* that started the child.
    """
    program.prepare()
    drops = program.account is not None and program.account.switches
    child = subprocess.Popen(  # noqa: S603 the programs are our own and those of the wheels
        program.argv,
        env=dict(program.env),
        cwd=program.cwd,
        stdin=subprocess.DEVNULL if program.stdin is None else subprocess.PIPE,
        stdout=output,
        stderr=subprocess.DEVNULL if output is None else subprocess.STDOUT,
        start_new_session=True,
        user=program.account.uid if drops and program.account else None,
        group=program.account.gid if drops and program.account else None,
        extra_groups=[] if drops else None,
        # Two system calls and no locks: safe between fork and exec.
        preexec_fn=_die_with(program.death_signal),
    )
    if program.stdin is not None and child.stdin is not None:
        with suppress(BrokenPipeError), child.stdin:  # its own exit code tells more
            child.stdin.write(program.stdin)
    return child


def _die_with(death_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def arm() -> None:
        # Runs in the child, after it has dropped to its account: a change of user id disarms it.
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # the starter died between fork and here
                os._exit(1)

    return arm


def arm_death_signal(death_signal: signal.Signals) -> None:
    """Ask the kernel to send this to the calling process when its parent dies. Linux only."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)


def stop(child: subprocess.Popen[bytes], program: Program, *, seconds: float = 10) -> None:
    """Ask it to stop; after ``seconds`` it is killed, with all that it has started."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            child.send_signal(program.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
    kill_group(child.pid)
    child.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of the session that ``leader`` began; nobody left is fine."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def await_ready(
    ready: Callable[[], bool], alive: Callable[[], bool], *, seconds: float, name: str
) -> None:
    """Wait until ``ready`` says so.

    Raises:
        RuntimeFault: it died first, or it was not ready within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive():
            raise RuntimeFault(f"{name} has stopped before it was ready.")
        if time.monotonic() > deadline:
            raise RuntimeFault(f"{name} was not ready within {seconds:.0f} seconds.")
        time.sleep(POLL_SECONDS)  # between two questions: it tells nobody when it is ready


def end_orphan(pid_file: Path, folder: Path, stop_signal: signal.Signals) -> None:
    """End the service that a killed portal left behind in ``folder``; its pid is in ``pid_file``.

    Only a process whose working folder is ``folder`` is touched: pids are used again. The file goes
    too, since a dead process that nobody has reaped would pass for a running server.
    """
    if not Path("/proc/self").exists():  # then the server's own checks must do
        return
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    for number, seconds in ((stop_signal, 10), (signal.SIGKILL, 5)):
        if not _works_in(pid, folder):
            break
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while _works_in(pid, folder) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)  # no child of ours: there is nothing to wait on
    with suppress(FileNotFoundError):
        pid_file.unlink()


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False
