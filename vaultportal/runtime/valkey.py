"""Our own small starter of Valkey: a Unix socket with a password, no TCP, AOF each second."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from pathlib import Path

import redis

from vaultportal.runtime.accounts import Account
from vaultportal.runtime.binaries import valkey_program
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.files import private_folder
from vaultportal.runtime.paths import Layout
from vaultportal.runtime.processes import Program, end_orphan

PID_FILE = "valkey.pid"


@dataclass(frozen=True)
class Valkey:
    """The broker of one data folder."""

    layout: Layout
    account: Account
    password: str = field(repr=False)

    def program(self) -> Program:
        """What to start. The configuration goes in by its standard input: it holds the password."""
        return Program(
            name="valkey",
            argv=(str(valkey_program(self.account, self.layout.binaries)), "-"),
            env={"LC_ALL": "C", "TZ": "UTC"},
            account=self.account,
            cwd=Path("/"),
            stdin=self._configuration().encode(),
            prepare=self.prepare,
        )

    def prepare(self) -> None:
        """Its folder, and no broker of a killed portal in it."""
        private_folder(self.layout.valkey, owner=self.account.uid)
        end_orphan(self.layout.valkey / PID_FILE, self.layout.valkey, signal.SIGTERM)
        # It refuses to bind where a killed one has left its socket.
        self.layout.valkey_socket.unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """True when it answers to the password.

        Raises:
            RuntimeFault: it answers and does not take the password.
        """
        client = redis.Redis(
            unix_socket_path=str(self.layout.valkey_socket),
            password=self.password,
            socket_timeout=5,
        )
        try:
            return bool(client.ping())
        except redis.AuthenticationError:
            raise RuntimeFault(
                f"The broker does not take the password in {self.layout.keys}."
            ) from None
        except (redis.ConnectionError, redis.TimeoutError):  # not there yet, or loading its file
            return False
        finally:
            client.close()

    def _configuration(self) -> str:
        lines = {
            "port": "0",
            "unixsocket": _quoted(self.layout.valkey_socket),
            "unixsocketperm": "700",
            "dir": _quoted(self.layout.valkey),
            "pidfile": _quoted(self.layout.valkey / PID_FILE),
            "daemonize": "no",
            "requirepass": _quoted(self.password),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "128mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
            # Commands that reach files or programs of the machine serve no queue.
            "enable-debug-command": "no",
            "enable-module-command": "no",
            "enable-protected-configs": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in lines.items())


def _quoted(value: str | Path) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
