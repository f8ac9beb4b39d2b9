"""The portal's ends of the locked processes: a zygote that it has started, templates made by it."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import pwd
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vaultportal.sandbox import protocol
from vaultportal.sandbox.errors import NotAvailable
from vaultportal.sandbox.values import Limits

logger = logging.getLogger(__name__)

START_SECONDS = 30  # a loaded machine starts an interpreter slowly
STOP_SECONDS = 5
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).resolve().parent / "child" / "start.py"
# Numbers that no distribution gives away (systemd lists them as unused): nothing is theirs.
FREE_ACCOUNTS = range(60_706, 61_184)


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a zygote. account: its user number, 0 to choose one; unlocked: go on anyway."""

    program: Path = PROGRAM
    account: int = 0
    unlocked: bool = False


class Gone(Exception):
    """The process at the other end has ended."""


class Zygote:
    """A child process that has done nothing yet but lock itself in."""

    def __init__(self, launch: Launch) -> None:
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        account = _account(launch.account)
        mode = "unlocked" if launch.unlocked else "locked"
        with theirs:
            # No fork of this process: it has threads, and its memory has keys. subprocess goes
            # from vfork to exec without running Python in between.
            self._process = subprocess.Popen(  # noqa: S603 our own program, no word of a caller
                (
                    *(sys.executable, "-I", "-S", "-B", "-X", "utf8", str(launch.program)),
                    *(str(ROOT), _site(), str(account), str(account), mode),
                ),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
            )
        self.report = self._await_report()
        # With a lock missing it has ended already, unless it was told to go on.
        self.is_serving = bool(self.report["locks"]) and (
            launch.unlocked or not self.report["missing"]
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def new_template(self) -> socket.socket:
        """The control socket of a fresh process that waits for a source. Raises Gone."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._lock:
            try:
                socket.send_fds(self._control, [protocol.NEW_TEMPLATE], [theirs.fileno()])
            except OSError:
                ours.close()
                raise Gone from None
        return ours

    def close(self) -> None:
        """It ends when its control socket does."""
        with self._lock:
            self._control.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """At once."""
        self._process.kill()
        self.close()

    def abandon(self) -> None:
        """In a fork of the portal: it is the other one's child, and goes on with it."""
        self._control.close()
        self._process.returncode = 0

    def _await_report(self) -> Mapping[str, list[str]]:
        self._control.settimeout(START_SECONDS)
        try:
            packet = self._control.recv(protocol.REPORT_BYTES)
            self._control.settimeout(None)
        except OSError:
            packet = b""
        if not packet:
            logger.error("The runtime of the actions did not start.")
            return {"locks": [], "missing": ["start: the process of the runtime ended"]}
        report: dict[str, list[str]] = json.loads(packet)
        return report


class Template:
    """A process that has parsed one bundle."""

    def __init__(self, control: socket.socket) -> None:
        self._lock = threading.Lock()  # so that no other thread's socket gets our number meanwhile
        self._control = control

    def parse(self, source: bytes, limits: Limits) -> Mapping[str, str]:
        """Send the source. Its report: empty, or ``syntax`` or ``limit`` with the reason.

        Raises:
            Gone: it ended over it. TimeoutError: it takes longer than a whole call may.
        """
        head = protocol.SOURCE.pack(len(source), limits.cpu_seconds, limits.memory_bytes)
        self._control.settimeout(limits.wall_seconds)
        try:
            self._control.sendall(head)
            protocol.send_packets(self._control, source)
            report = self._control.recv(protocol.REPORT_BYTES)
            self._control.settimeout(None)
        except TimeoutError:
            raise
        except OSError:
            raise Gone from None
        if not report:
            raise Gone
        parsed: dict[str, str] = json.loads(report)
        return parsed

    def start(self, job: bytes, channel: socket.socket, monitor: socket.socket) -> None:
        """Let it fork a process that has ``channel``; it keeps ``monitor``. Raises Gone."""
        with self._lock:
            try:
                socket.send_fds(self._control, [job], [channel.fileno(), monitor.fileno()])
            except OSError:
                raise Gone from None

    def close(self) -> None:
        """It ends when its control socket is closed and its last call is over."""
        with self._lock:
            self._control.close()

    def abandon(self) -> None:
        """In a fork of the portal, whose locks may be held by threads that are not there."""
        self._control.close()


def _account(wanted: int) -> int:
    """Whom the zygote is to become: -1 for oneself, who is not root."""
    if os.geteuid() != 0:
        return -1
    if wanted:
        return wanted
    for number in FREE_ACCOUNTS:
        try:
            pwd.getpwuid(number)
        except KeyError:
            return number
    raise NotAvailable(message="no user number is free for it; set PORTAL_ACTIONS_UID")


def _site() -> str:
    """The folder that the engine is installed in. The portal itself never loads it."""
    found = importlib.util.find_spec("_quickjs")
    if found is None or found.origin is None:
        raise NotAvailable(message="the package quickjs-ng is not installed")
    return str(Path(found.origin).parent)
