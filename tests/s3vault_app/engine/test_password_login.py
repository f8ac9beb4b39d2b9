"""Signing in with a password, at an SSH server that knows passwords of its own.

Debian's sshd takes the passwords of the system's accounts alone, which tests have none of.
"""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import asyncssh
import pytest

from s3vault_app.drivers.hosts.base import HostKeyChanged, Script, VerbFailed
from s3vault_app.drivers.hosts.ssh import Login, SshHost

USER, PASSWORD = "vault", "a password: of 'several' wörds"
ECHO = Script('echo "verb=$1"; echo "size=$(wc -c)"')
ENDS = Script("echo first >&2; echo 'it will not' >&2; exit 3")


class Door(asyncssh.SSHServer):
    """Lets one user in, by password."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


async def run_command(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """As a login shell does."""
    given = await process.stdin.read()
    done = await asyncio.to_thread(
        subprocess.run, ["sh", "-c", process.command or ":"], input=given, capture_output=True
    )
    process.stdout.write(done.stdout)
    process.stderr.write(done.stderr)
    process.exit(done.returncode)


async def serve(ready: Future[Login], over: threading.Event) -> None:
    """Listen until it is over; ``ready``: what signs in there."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Door,
        server_host_keys=[key],
        process_factory=run_command,
        encoding=None,
    )
    async with server:
        public = " ".join(key.export_public_key().decode().split()[:2])
        ready.set_result(Login("127.0.0.1", server.get_port(), USER, public, password=PASSWORD))
        await asyncio.to_thread(over.wait)


@pytest.fixture(scope="module")
def login() -> Iterator[Login]:
    ready, over = Future[Login](), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(serve(ready, over)))
    thread.start()
    try:
        yield ready.result(30)
    finally:
        over.set()
        thread.join()


def test_a_password_signs_in_and_carries_verbs(login: Login) -> None:
    host = SshHost(login)
    try:
        body = b"x" * 300_000
        assert host.run(ECHO, "verb", {}, stdin=body) == {"verb": "verb", "size": "300000"}
        with pytest.raises(VerbFailed, match=r"^it will not$"):
            host.run(ENDS, "verb", {})
        sent = host.send(ECHO, "more", {}, [body, body])
        assert sent == {"verb": "more", "size": "600000"}
    finally:
        host.close()


@pytest.mark.parametrize("password", ["wrong", "", None])
def test_a_wrong_password_is_refused_without_being_repeated(
    login: Login, password: str | None
) -> None:
    wrong = Login(login.host, login.port, login.user, login.host_key, password=password)
    with pytest.raises(VerbFailed, match=r"^The machine refuses the login\.$"):
        SshHost(wrong)


def test_no_password_goes_to_a_machine_with_another_host_key(login: Login) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    changed = Login(login.host, login.port, login.user, other, password=login.password)
    with pytest.raises(HostKeyChanged):
        SshHost(changed)
