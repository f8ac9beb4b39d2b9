"""Our own small starter of PostgreSQL: a cluster in the data folder, one role, no TCP."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from vaultportal.runtime.accounts import Account
from vaultportal.runtime.binaries import postgres_programs
from vaultportal.runtime.errors import RuntimeFault
from vaultportal.runtime.files import private_folder, replace
from vaultportal.runtime.paths import POSTGRES_SOCKET, Layout
from vaultportal.runtime.processes import Program, end_orphan
from vaultportal.runtime.services import DATABASE_NAME, DATABASE_USER

SUPERUSER = "postgres"
PID_FILE = "postmaster.pid"
PID_FILE_LINES = 8
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
# The superuser cannot sign in: not even an injected statement can start a program of the machine.
HBA = f"local all {DATABASE_USER} scram-sha-256\n"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Refused statements are told to the client, who logs them without values; the server's own
    # words would repeat the values (DETAIL, failing row).
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
WITHOUT_FSYNC = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    """The cluster of one data folder.

    fsync: off is for throw-away clusters of tests only: a power cut then destroys the data.
    creates_databases: the role may make databases, which tests need for their copies.
    """

    layout: Layout
    account: Account
    password: str = field(repr=False)
    fsync: bool = True
    creates_databases: bool = False

    def program(self) -> Program:
        """What to start; a cluster is made by its preparation when there is none."""
        programs = postgres_programs(self.account, self.layout.binaries)
        settings = SETTINGS | ({} if self.fsync else WITHOUT_FSYNC)
        settings["unix_socket_directories"] = '"' + str(self.layout.sockets) + '"'
        options = [f"--{name}={value}" for name, value in settings.items()]
        return Program(
            name="postgres",
            argv=(str(programs / "postgres"), "-D", str(self.layout.postgres), *options),
            env=ENVIRONMENT,
            account=self.account,
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # "fast": ends sessions, writes a checkpoint
            death_signal=signal.SIGINT,
            prepare=self.prepare,
        )

    def prepare(self) -> None:
        """A whole cluster of our version, and no server of a killed portal on it."""
        programs = postgres_programs(self.account, self.layout.binaries)
        self._clear_drafts()
        if not self.layout.postgres.exists():
            self._make(programs)
        private_folder(self.layout.postgres, owner=self.account.uid)
        self._check_version(programs)
        end_orphan(self.layout.postgres / PID_FILE, self.layout.postgres, signal.SIGINT)
        for leftover in (POSTGRES_SOCKET, f"{POSTGRES_SOCKET}.lock"):
            (self.layout.sockets / leftover).unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """True when our role can sign in with the password.

        Raises:
            RuntimeFault: the server answers and the password is not its own.
        """
        if not self._says_ready():  # asked too early, it would log a refusal
            return False
        try:
            with psycopg.connect(
                host=str(self.layout.sockets),
                dbname=DATABASE_NAME,
                user=DATABASE_USER,
                password=self.password,
                connect_timeout=5,
            ):
                return True
        except psycopg.OperationalError as fault:
            if "password authentication failed" in str(fault):
                raise RuntimeFault(
                    f"The database in {self.layout.postgres} does not take the password in "
                    f"{self.layout.keys}. Restore the key folder that belongs to this data folder."
                ) from None
            return False

    def _says_ready(self) -> bool:
        """What the server has written of its state, the last line of its pid file."""
        try:
            lines = (self.layout.postgres / PID_FILE).read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= PID_FILE_LINES and lines[-1].strip() == "ready"

    def _make(self, programs: Path) -> None:
        """initdb beside the final place, then one rename: killed midway, there is no cluster."""
        draft = private_folder(
            self.layout.data / f".postgres.{secrets.token_hex(8)}", owner=self.account.uid
        )
        self._run(
            [
                programs / "initdb",
                f"--pgdata={draft}",
                f"--username={SUPERUSER}",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--auth=reject",
                *([] if self.fsync else ["--no-sync"]),
            ],
        )
        # Single-user mode: no server is open to anybody while there is no password yet.
        rights = "LOGIN CREATEDB" if self.creates_databases else "LOGIN"
        statements = (
            f"CREATE ROLE {DATABASE_USER} {rights} PASSWORD '{self.password}'",
            f"CREATE DATABASE {DATABASE_NAME} OWNER {DATABASE_USER}",
            f"REVOKE ALL ON DATABASE {DATABASE_NAME} FROM PUBLIC",
        )
        self._run(
            [programs / "postgres", "--single", "-D", draft, SUPERUSER],
            "".join(f"{statement};\n" for statement in statements),
        )
        replace(draft / "pg_hba.conf", HBA.encode())
        if self.account.switches:
            os.chown(draft / "pg_hba.conf", self.account.uid, self.account.gid)
        draft.rename(self.layout.postgres)

    def _run(self, command: Iterable[str | Path], text: str = "") -> None:
        drops = self.account.switches
        done = subprocess.run(  # noqa: S603 the wheel's own programs
            [str(part) for part in command],
            input=text,
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            user=self.account.uid if drops else None,
            group=self.account.gid if drops else None,
            extra_groups=[] if drops else None,
        )
        # Single-user mode goes on after a failed statement and ends with 0: its words decide.
        if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
            raise RuntimeFault(f"The database cannot be made: {_last_line(done.stderr)}")

    def _clear_drafts(self) -> None:
        for leftover in self.layout.data.glob(".postgres.*"):
            shutil.rmtree(leftover)

    def _check_version(self, programs: Path) -> None:
        version = self.layout.postgres / "PG_VERSION"
        if not version.exists():
            raise RuntimeFault(
                f"{self.layout.postgres} holds no database. Move it away, or restore its backup."
            )
        data = version.read_text().strip()
        ours = subprocess.run(  # noqa: S603 the wheel's own program
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        if data != ours.partition(".")[0]:
            raise RuntimeFault(
                f"{self.layout.postgres} was written by PostgreSQL {data} and this is {ours}. "
                "Dump it with the old release and load it with this one."
            )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given."
