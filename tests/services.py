"""Real PostgreSQL and Valkey for one test session, thrown away at its end.

The session's environment is set here, before Django reads it. With xdist the controller starts the
services and its workers, which inherit the environment, use them; each has a database of its own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from vaultportal.runtime import database, embedded, locks
from vaultportal.runtime.accounts import service_account
from vaultportal.runtime.files import ensure_secret
from vaultportal.runtime.paths import Layout
from vaultportal.runtime.postgres import Postgres
from vaultportal.runtime.services import (
    DATABASE_NAME,
    DATABASE_USER,
    POSTGRES_PASSWORD,
    VALKEY_PASSWORD,
    ensure_secrets,
)
from vaultportal.runtime.valkey import Valkey

SESSION = "VAULTPORTAL_TEST_SESSION"
# What a developer's shell may hold and a test must not see.
PREFIXES = (
    "PORTAL_",
    "PUBLIC_BASE_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "PVAULT_",
    "TRIGGERS_",
    "AUDIT_READS",
)


class TestServices:
    """The folder of a session and the services in it."""

    __test__ = False

    def __init__(self, folder: Path, *, owned: bool) -> None:
        self.folder = folder
        self.layout = Layout(data=folder / "data", keys=folder / "keys")
        self._owned = owned
        self._running = ExitStack()

    def start(self) -> None:
        """Bring the services up, if this process is the one that does and has not yet."""
        if not self._owned or (handle := locks.try_own(self.layout, "tests")) is None:
            return
        self._running.callback(os.close, handle)
        self._running.enter_context(embedded.started(self.layout, self._services()))

    def stop(self) -> None:
        """Stop them and remove the folder."""
        if self._owned:
            self._running.close()
            shutil.rmtree(self.layout.sockets, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _services(self) -> list[embedded.Service]:
        account = service_account()
        password = ensure_secret(self.layout.keys / POSTGRES_PASSWORD)
        return [
            Postgres(self.layout, account, password, fsync=False, creates_databases=True),
            Valkey(self.layout, account, ensure_secret(self.layout.keys / VALKEY_PASSWORD)),
        ]

    def migrate_once(self) -> None:
        """Migrate the database that all others are copied from; the first process does it."""
        done = self.folder / "migrated"
        with _locked(self.folder / "migrating"):
            if not done.exists():
                use_database(DATABASE_NAME)
                call_command("migrate", verbosity=0, interactive=False)
                database.leave()
                done.touch()

    def copy_database(self, name: str) -> None:
        """Make ``name`` anew, as it was after the migrations."""
        self._make(name, sql.SQL("TEMPLATE {}").format(sql.Identifier(DATABASE_NAME)))

    def empty_database(self, name: str) -> None:
        """Make ``name`` anew, without a table."""
        self._make(name, sql.SQL(""))

    def _make(self, name: str, source: sql.Composable) -> None:
        target = sql.Identifier(name)
        with self.connect("postgres") as session:
            # FORCE fails beside an autovacuum, which is not ours to end; without it the server
            # ends that by itself.
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                [name],
            )
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(target))
            session.execute(sql.SQL("CREATE DATABASE {} {}").format(target, source))

    def connect(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """A session outside Django, in autocommit."""
        return psycopg.connect(
            host=str(self.layout.sockets),
            dbname=name,
            user=DATABASE_USER,
            password=ensure_secret(self.layout.keys / POSTGRES_PASSWORD),
            autocommit=True,
        )


def begin() -> TestServices:
    """The session's folder and environment: made by the first process, inherited by its workers."""
    if inherited := os.environ.get(SESSION):
        return TestServices(Path(inherited), owned=False)
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="vaultportal-tests-"))
    folder.chmod(0o711)  # the services' account passes through
    services = TestServices(folder, owned=True)
    os.environ |= {
        SESSION: str(folder),
        "PORTAL_DATA_DIR": str(services.layout.data),
        "PORTAL_KEY_DIR": str(services.layout.keys),
        "DJANGO_SETTINGS_MODULE": "vaultportal.settings",
    }
    embedded.prepare_folders(services.layout)
    ensure_secrets()
    return services


def use_database(name: str) -> None:
    """Point Django's connection of this process to another database."""
    database.leave()
    settings.DATABASES["default"]["NAME"] = name
    connection.settings_dict["NAME"] = name


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
