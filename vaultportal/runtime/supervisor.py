"""Keeps the portal's processes up in one terminal, and takes them all down when it ends."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.processes import Program, kill_group, spawn

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
READY_PAUSE = 0.25
# Up for so long, it has recovered: the next crash is a new story.
STEADY_SECONDS = 60.0
# Together less than the ten seconds after which a service manager loses patience.
STOP_SECONDS = (6.0, 3.0)
LONGEST_LINE = 64 * 1024


@dataclass(eq=False)
class Child:
    """One program and the process that runs it now."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = field(default=0.0)

    def is_up(self) -> bool:
        """True while its process runs."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Starts programs, prints what they say with their names before it, restarts those that end.

    Programs of the first ``tier`` carry those of the second, and are stopped after them.
    Use it once, from the main thread: the kernel ties the children's death signal to it.
    """

    def __init__(self, output: IO[bytes] | None = None) -> None:
        self._output = output or sys.stdout.buffer
        self._printing = threading.Lock()
        self._tiers: tuple[list[Child], list[Child]] = ([], [])
        self._asked_to_stop = 0
        self._is_stopping = False
        self.reason = ""  # the signal that asked us to stop
        self._wake, self._waker = socket.socketpair()
        for end in (self._wake, self._waker):
            end.settimeout(0)

    def start(self, program: Program, *, tier: int) -> Child:
        """Start a program and look after it from now on.

        Raises:
            RuntimeFault: it cannot even be started; later failures are met with restarts.
        """
        child = Child(program)
        self._spawn(child)
        self._tiers[tier].append(child)
        return child

    @contextmanager
    def supervising(self) -> Iterator[None]:
        """Signals are ours while the block runs; at its end, however it ends, all children stop."""
        chosen = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
        before = {number: signal.signal(number, self._on_signal) for number in chosen}
        waker = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            self.stop()
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._wake.close()
            self._waker.close()

    def run(self) -> None:
        """Look after the children until a signal asks us to stop."""
        while not self._asked_to_stop:
            self.turn(LONGEST_PAUSE)

    def turn(self, seconds: float) -> None:
        """One look at all children, then a pause that a signal cuts short."""
        now = time.monotonic()
        for child in self._children():
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, now)
            if child.process is None and child.due <= now:
                self._restart(child)
        nearest = min((child.due for child in self._children() if not child.process), default=None)
        if nearest is not None:
            seconds = min(seconds, max(0.0, nearest - time.monotonic()))
        if select.select([self._wake], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                self._wake.recv(4096)

    def await_ready(self, ready: Callable[[], bool], *, seconds: float, name: str) -> bool:
        """Look after the children until ``ready``; False when a signal came first.

        Raises:
            RuntimeFault: not ready in time.
        """
        deadline = time.monotonic() + seconds
        while not self._asked_to_stop:
            if ready():
                return True
            if time.monotonic() > deadline:
                raise RuntimeFault(f"{name} was not ready within {seconds:.0f} seconds.")
            self.turn(READY_PAUSE)
        return False

    def stop(self) -> None:
        """Ask the second tier to stop, then the first; kill what stays. A second signal hurries."""
        self._is_stopping = True
        for tier, seconds in zip(reversed(self._tiers), STOP_SECONDS, strict=True):
            signals_before = self._asked_to_stop
            for child in tier:
                if child.is_up() and child.process:
                    child.process.send_signal(child.program.stop_signal)
            deadline = time.monotonic() + seconds
            while any(child.is_up() for child in tier) and time.monotonic() < deadline:
                if self._asked_to_stop > max(1, signals_before):
                    break
                select.select([self._wake], [], [], 0.05)
                with suppress(BlockingIOError):
                    self._wake.recv(4096)
            for child in tier:
                if child.process:
                    kill_group(child.process.pid)
                    child.process.wait()
                    child.process = None
            tier.clear()

    def say(self, text: str, name: str = "portal") -> None:
        """Print a line of our own, or of a child."""
        self._print(name, text.encode())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGCHLD:
            return
        self._asked_to_stop += 1
        self.reason = self.reason or signal.Signals(number).name
        if self._asked_to_stop > 1 and not self._is_stopping:
            raise KeyboardInterrupt  # out of whatever the main thread is at, a migration say

    def _children(self) -> list[Child]:
        return [*self._tiers[0], *self._tiers[1]]

    def _note_end(self, child: Child, now: float) -> None:
        if child.process is None:
            return
        kill_group(child.process.pid)  # a server that was killed has left its workers
        if now - child.started_at >= STEADY_SECONDS:
            child.pause = FIRST_PAUSE
        self.say(
            f"{child.program.name} has ended ({_how(child.process.returncode)}); "
            f"it starts again in {child.pause:.0f} s."
        )
        child.process = None
        child.due = now + child.pause
        child.pause = min(LONGEST_PAUSE, 2 * child.pause)

    def _restart(self, child: Child) -> None:
        try:
            self._spawn(child)
        except (RuntimeFault, OSError) as fault:
            self.say(f"{child.program.name} cannot start: {fault}")
            child.due = time.monotonic() + child.pause
            child.pause = min(LONGEST_PAUSE, 2 * child.pause)

    def _spawn(self, child: Child) -> None:
        child.process = spawn(child.program, subprocess.PIPE)
        child.started_at = time.monotonic()
        threading.Thread(
            target=self._relay,
            args=(child.program.name, child.process.stdout),
            name=f"{child.program.name} output",
            daemon=True,
        ).start()

    def _relay(self, name: str, pipe: IO[bytes]) -> None:
        with pipe:
            while line := pipe.readline(LONGEST_LINE):
                self._print(name, line.rstrip(b"\n"))

    def _print(self, name: str, line: bytes) -> None:
        # A terminal that has gone must not stop the portal, nor fill a child's pipe.
        with self._printing, suppress(OSError, ValueError):
            self._output.write(name.ljust(8).encode() + b" | " + line + b"\n")
            self._output.flush()


def _how(code: int) -> str:
    if code >= 0:
        return f"status {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
