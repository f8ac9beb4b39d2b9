"""Debian's SSH server on the loopback, with throwaway keys: a machine for tests."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncssh

READY_SECONDS = 30.0


@dataclass
class SshServer:
    """host_key: as it is pinned; private_key: what signs in."""

    folder: Path
    host: str
    port: int
    host_key: str
    private_key: str
    process: subprocess.Popen[bytes] | None = None

    @property
    def user(self) -> str:
        return getpass.getuser()

    def start(self) -> None:
        """Listen, with the same keys and at the same port each time."""
        program = shutil.which("sshd") or "/usr/sbin/sshd"
        if not Path(program).exists():
            raise AssertionError("Debian's package openssh-server is not installed.")
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [program, "-D", "-e", "-f", self.folder / "config"], stdout=log, stderr=log
            )
        _await_banner(self, self.process)

    def stop(self) -> None:
        """Listen no more, and end every connection."""
        if self.process is not None:
            self.cut()
            self.process.terminate()
            self.process.wait(10)
            self.process = None

    def cut(self) -> int:
        """End every connection at once, as a cable that is pulled; how many there were."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        return len(children)


@contextmanager
def run_sshd(folder: Path, host: str) -> Iterator[SshServer]:
    """A server on a free port of ``host``, for the user who runs this."""
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it separates its privileges
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    login = asyncssh.generate_private_key("ssh-ed25519")
    write_private(folder / "host_key", host_key.export_private_key())
    write_private(folder / "authorized", login.export_public_key())
    port = _free_port(host)
    lines = (
        f"Port {port}",
        f"ListenAddress {host}",
        f"HostKey {folder}/host_key",
        f"AuthorizedKeysFile {folder}/authorized",
        f"PidFile {folder}/pid",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "MaxStartups 100",
        "LogLevel ERROR",
    )
    (folder / "config").write_text("\n".join(lines) + "\n")
    key = " ".join(host_key.export_public_key().decode().split()[:2])
    server = SshServer(folder, host, port, key, login.export_private_key().decode())
    try:
        server.start()
        yield server
    finally:
        server.stop()


def write_private(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


def _await_banner(server: SshServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError((server.folder / "log").read_text())
        with suppress(OSError), socket.create_connection((server.host, server.port), 2) as line:
            if line.recv(4) == b"SSH-":
                return
        time.sleep(0.02)  # between two looks
    raise AssertionError("sshd was not ready.")


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
