"""A machine over SSH. Its host key was accepted by somebody before; any other ends the work."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncssh

from s3vault_app.drivers.hosts.base import (
    HostError,
    HostKeyChanged,
    HostLost,
    Script,
    VerbFailed,
    answer,
)

CONNECT_SECONDS = 20.0
KEEPALIVE_SECONDS = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Login:
    """Where, as whom and with what. host_key: "ssh-ed25519 AAAA…", the one that is accepted."""

    host: str
    port: int
    user: str
    host_key: str
    password: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)


class SshHost:
    """One connection, used by one thread: the event loop runs while a verb does."""

    is_remote = True

    def __init__(self, login: Login) -> None:
        self._login = login
        self._runner = asyncio.Runner()
        try:
            self._connection = self._wait(_connect(login), CONNECT_SECONDS)
        except BaseException:  # nobody will call close(): the loop goes, whatever it was
            self._runner.close()
            raise

    def run(
        self,
        script: Script,
        verb: str,
        values: Mapping[str, str],
        *,
        stdin: bytes = b"",
        seconds: float = 60,
    ) -> dict[str, str]:
        return self.send(script, verb, values, [stdin] if stdin else [], seconds=seconds)

    def send(
        self,
        script: Script,
        verb: str,
        values: Mapping[str, str],
        chunks: Iterable[bytes],
        *,
        seconds: float = 600,
    ) -> dict[str, str]:
        command = script.command(verb, values)
        code, stdout, stderr = self._wait(self._execute(command, chunks), seconds)
        return answer(verb, code, stdout, stderr)

    def close(self) -> None:
        self._connection.abort()
        with suppress(HostError):
            self._wait(self._connection.wait_closed(), 5)
        self._runner.close()

    async def _execute(self, command: str, chunks: Iterable[bytes]) -> tuple[int, bytes, bytes]:
        process = await self._connection.create_process(command, encoding=None)
        async with process:
            with suppress(BrokenPipeError):  # it ended early, and its exit code says why
                for chunk in chunks:
                    process.stdin.write(chunk)
                    await process.stdin.drain()
                process.stdin.write_eof()
            stdout, stderr = await asyncio.gather(process.stdout.read(), process.stderr.read())
            await process.wait_closed()
        if process.returncode is None:  # the connection went before the exit code came
            raise HostLost("The connection broke.")
        return process.returncode, stdout, stderr

    def _wait(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        async def limited() -> T:
            async with asyncio.timeout(seconds):
                return await work

        try:
            return self._runner.run(limited())
        except asyncssh.HostKeyNotVerifiable:
            raise HostKeyChanged(
                "The machine shows another host key than the one that was accepted."
            ) from None
        except asyncssh.PermissionDenied:
            raise VerbFailed("The machine refuses the login.") from None
        except TimeoutError:
            raise HostLost("The machine did not answer in time.") from None
        except asyncssh.Error as fault:
            raise HostLost(f"The connection broke: {fault.reason[:200]}.") from None
        except OSError as fault:
            raise HostLost(f"The machine cannot be reached: {fault.strerror}.") from None


async def _connect(login: Login) -> asyncssh.SSHClientConnection:
    keys = []
    if login.private_key:
        try:
            keys = [asyncssh.import_private_key(login.private_key, login.passphrase)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise VerbFailed("The private key of the machine cannot be read.") from None
    if not login.host_key:
        raise HostKeyChanged("The host key of the machine has not been accepted yet.")
    return await asyncssh.connect(
        login.host,
        login.port,
        username=login.user,
        password=login.password,
        client_keys=keys or None,
        known_hosts=([asyncssh.import_public_key(login.host_key)], [], []),
        config=None,  # nothing of the account that the worker runs as
        agent_path=None,
        x509_trusted_certs=None,
        gss_host=None,
        keepalive_interval=KEEPALIVE_SECONDS,
    )
