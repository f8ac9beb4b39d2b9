"""PostgreSQL's own programs for dumps, of the wheel that brings the server.

How to reach the database stands in their environment, which only the same account can read, and
never on a command line, which everybody can.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from django.db import connection
from psycopg.pq import Conninfo

from vaultportal.ops.backups import line
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.runtime import paths
from vaultportal.runtime.accounts import Account
from vaultportal.runtime.binaries import postgres_programs
from vaultportal.runtime.processes import Program, spawn, stop

NO_OWNERS = ("--no-owner", "--no-privileges")
# Nobody waits longer for a table that is being restructured.
LOCK_WAIT = "--lock-wait-timeout=60s"
# Every script of a dump begins with lines that set up the session. One of them names a setting that
# servers before 17 do not know.
PREAMBLE = 40
UNKNOWN_BEFORE_17 = b"SET transaction_timeout"


def dump(target: Path, snapshot: str, options: Iterable[str]) -> None:
    """Write a dump in the custom format into a new file of mode 0600.

    Raises:
        BackupFailed: what ``pg_dump`` said last.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    wanted = ("--format=custom", "--no-password", *NO_OWNERS, LOCK_WAIT, f"--snapshot={snapshot}")
    argv = (str(_folder() / "pg_dump"), *wanted, *options, f"--file={target}")
    program = Program("pg_dump", argv, _environment(), cwd=Path("/"))
    with TemporaryFile() as said:
        child = spawn(program, said)
        try:
            code = child.wait()
        finally:
            if child.poll() is None:
                stop(child, program)
        if code != 0:
            raise BackupFailed(message=_failure("pg_dump", code, said))


def load(pieces: Iterable[tuple[Path, Sequence[str]]]) -> None:
    """Run the pieces of dumps, each chosen by options of ``pg_restore``, as one transaction.

    The commit is sent after the last piece: whoever dies before it leaves the database as it was.

    Raises:
        BackupFailed: what ``psql`` or ``pg_restore`` said last.
    """
    programs = _folder()
    argv: list[str | Path] = [
        programs / "psql",
        "--no-psqlrc",
        "--no-password",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        # What is told of a failure repeats no row.
        "--set=VERBOSITY=terse",
        "--set=SHOW_CONTEXT=never",
    ]
    with TemporaryFile() as said:
        with _started(argv, said) as psql:
            script = psql.stdin
            assert script is not None  # noqa: S101 it was asked for
            try:
                script.write(b"BEGIN;\n")
                for file, options in pieces:
                    _feed(script, programs, file, options)
                script.write(b"COMMIT;\n")
                script.close()
            except BrokenPipeError:  # psql has ended; its last words follow
                pass
            code = psql.wait()
        if code != 0:
            raise BackupFailed(message=_failure("psql", code, said))


@contextmanager
def _started(argv: Sequence[str | Path], said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(  # noqa: S603 the wheel's own program
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=said,
        env={"PGOPTIONS": "-c client_min_messages=warning"} | _environment(),
        cwd="/",
        start_new_session=True,
    )
    try:
        yield child
    finally:
        if child.poll() is None:  # before its input is closed, which it would take for the end
            child.kill()
            child.wait()
        if child.stdin is not None and not child.stdin.closed:
            _close(child.stdin)


def _close(pipe: IO[bytes]) -> None:
    """Whatever is still in the buffer has no reader any more."""
    try:
        pipe.close()
    except BrokenPipeError:
        return


def _feed(script: IO[bytes], programs: Path, file: Path, options: Sequence[str]) -> None:
    argv: list[str | Path] = [programs / "pg_restore", *NO_OWNERS, *options, "--file=-", file]
    with (
        TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 the wheel's own program
            argv, stdout=subprocess.PIPE, stderr=said, env=_environment(), cwd="/"
        ) as child,
    ):
        assert child.stdout is not None  # noqa: S101 it was asked for
        is_old = connection.pg_version < 170000  # type: ignore[attr-defined]  # PostgreSQL's
        for each in islice(child.stdout, PREAMBLE):
            if not (is_old and each.startswith(UNKNOWN_BEFORE_17)):
                script.write(each)
        shutil.copyfileobj(child.stdout, script)
        if code := child.wait():
            raise BackupFailed(message=_failure("pg_restore", code, said))


def _folder() -> Path:
    """Where they are; run by our own account, for which root is good enough."""
    ourselves = Account("", os.geteuid(), os.getegid(), switches=False)
    return postgres_programs(ourselves, paths.layout().binaries)


def _environment() -> dict[str, str]:
    names = {
        option.keyword.decode(): option.envvar.decode()
        for option in Conninfo.get_defaults()
        if option.envvar
    }
    reach = {names[key]: str(value) for key, value in line.parameters().items() if key in names}
    home = {name: os.environ[name] for name in ("HOME",) if name in os.environ}
    return {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"} | home | reach


def _failure(program: str, code: int, said: IO[bytes]) -> str:
    said.seek(0)
    words = [word.strip() for word in said.read().decode(errors="replace").splitlines()]
    last = next((word for word in reversed(words) if word), "")
    if code < 0:
        return f"{program} was ended by signal {-code}."
    return f"{program} failed: {last[:300]}" if last else f"{program} failed with status {code}."
