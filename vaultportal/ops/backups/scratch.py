"""Proof that a backup can be restored: into a database server that is thrown away afterwards.

It is ``manage.py restore`` itself that runs, in a process of its own with another DATABASE_URL, so
what is tried out is what an operator would do. The server is the wheel's: the portal's own needs
no right to make databases, has no load of it, and cannot be hit by a slip.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote, urlencode

import orjson
from django.conf import settings

from vaultportal.ops.backups import line, manifest
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.ops.backups.line import Session
from vaultportal.runtime import embedded, paths
from vaultportal.runtime.accounts import service_account
from vaultportal.runtime.files import private_folder
from vaultportal.runtime.paths import Layout
from vaultportal.runtime.postgres import Postgres
from vaultportal.runtime.processes import Program, spawn, stop
from vaultportal.runtime.services import DATABASE_NAME, DATABASE_USER, embedded_database

PREFIX = ".restore-test."
# What the child has of its own, whatever our environment says.
REPLACED = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE")
# The restore rings for nobody; were it to try, nobody must hear it.
NO_BROKER = "redis://127.0.0.1:1/0"
# The copy often lies beside the live database, which must not run out of disk. Besides half as much
# again as that one takes there are the log of writes and an empty cluster.
MIB = 1024 * 1024
BESIDES = 512 * MIB


def try_out(session: Session, folder: Path) -> str:
    """Restore the backup in ``folder`` and throw the result away; what was found, a sentence.

    session: of ``line.alone``.

    Raises:
        BackupFailed: there is too little room, the restore says why it cannot be done, or it did
            not go through.
        RuntimeFault: there can be no server here.
    """
    # As large as it says, sealed or not: with a forged manifest nothing is loaded.
    size = manifest.read(folder)[0].database_bytes or line.database_bytes(session)
    with _folder() as home:
        _require_room(home.parent, size)
        with _server(home) as address:
            return _restore(folder, home, address)


def clear() -> None:
    """Remove what killed tests left; the caller holds the lock, so none is under way."""
    parent, mark = _where()
    for leftover in parent.glob(f"{mark}*"):
        if leftover.stat(follow_symlinks=False).st_uid == os.geteuid():
            shutil.rmtree(leftover, ignore_errors=True)


def _where() -> tuple[Path, str]:
    """A folder that the server's account can reach, and how the names of ours begin in it."""
    reachable = embedded_database() or not service_account().switches
    parent = paths.data_dir() if reachable else Path(tempfile.gettempdir())
    ours = hashlib.sha256(os.fsencode(paths.data_dir())).hexdigest()[:8]
    return parent, f"{PREFIX}{ours}."


def _require_room(parent: Path, size: int) -> None:
    wanted, free = size + size // 2 + BESIDES, shutil.disk_usage(parent).free
    if free < wanted:
        raise BackupFailed(
            message=f"There is too little room in {parent} for a copy of the database: "
            f"{wanted // MIB} MiB are wanted, and {free // MIB} are free."
        )


@contextmanager
def _folder() -> Iterator[Path]:
    clear()
    parent, mark = _where()
    home = private_folder(parent / f"{mark}{secrets.token_hex(4)}", mode=_mode())
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _server(home: Path) -> Iterator[str]:
    """Its DATABASE_URL."""
    account, password = service_account(), secrets.token_urlsafe(24)
    layout = Layout(data=private_folder(home / "server", mode=_mode()), keys=home / "none")
    private_folder(layout.sockets, owner=account.uid)
    postgres = Postgres(layout, account, password, fsync=False)
    try:
        with embedded.started(layout, [postgres]):
            where = urlencode({"host": str(layout.sockets)}, quote_via=quote)
            yield f"postgresql://{DATABASE_USER}:{password}@/{DATABASE_NAME}?{where}"
    finally:
        shutil.rmtree(layout.sockets, ignore_errors=True)


def _mode() -> int:
    """Of folders that the server's account passes through."""
    return 0o711 if service_account().switches else 0o700


def _restore(folder: Path, home: Path, address: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in REPLACED}
    program = Program(
        "restore",
        (sys.executable, str(paths.BASE_DIR / "manage.py"), "restore", "--json", str(folder)),
        inherited
        | {
            "DATABASE_URL": address,
            "REDIS_URL": NO_BROKER,
            "PORTAL_DATA_DIR": str(home / "portal"),
            "PORTAL_KEY_DIR": str(settings.PORTAL_KEY_DIR),
        },
    )
    with TemporaryFile() as said:
        child = spawn(program, said)
        try:
            code = child.wait()
        finally:
            if child.poll() is None:
                stop(child, program)
        said.seek(0)
        lines = said.read().decode(errors="replace").strip().splitlines() or [""]
    if code != 0:
        raise BackupFailed(message=lines[-1].removeprefix("CommandError: ")[:1000])
    try:
        return str(orjson.loads(lines[-1])["found"])
    except (ValueError, KeyError, TypeError):
        raise BackupFailed(message="The restore did not say what it found.") from None
