"""A line of our own to the database: who holds it works on backups alone, and dies with it.

The lock belongs to the session, so the death of a process frees it, however it dies. The session is
also what a snapshot lives in while the dumps are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import psycopg
from django.db import connections
from psycopg import sql
from psycopg.pq import Conninfo

from vaultportal.ops.backups.errors import BackupFailed, Busy

Session: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# Any constant, the same for every process.
LOCK = 0x6261636B7570  # "backup"
# What a server may end an idle or a long session by; a role or a database can set any of them.
LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout")
LIMIT_SINCE_17 = "transaction_timeout"
KEYWORDS = frozenset(option.keyword.decode() for option in Conninfo.get_defaults())


def parameters() -> dict[str, Any]:
    """How libpq comes to the database of the settings; it holds the password."""
    django: dict[str, Any] = connections["default"].get_connection_params()
    return {
        name: value
        for name, value in django.items()
        if name in KEYWORDS and value not in (None, "")
    } | {"application_name": "vaultportal-backup"}


@contextmanager
def alone() -> Iterator[Session]:
    """Work on backups while nobody else does.

    Raises:
        Busy: somebody does.
        BackupFailed: the database does not answer.
    """
    try:
        session = psycopg.connect(**parameters(), autocommit=True)
    except psycopg.OperationalError as fault:
        reason = fault.sqlstate or "no connection"
        raise BackupFailed(message=f"The database does not answer ({reason}).") from None
    with session:
        since_17 = (LIMIT_SINCE_17,) if session.info.server_version >= 170000 else ()
        for limit in (*LIMITS, *since_17):
            session.execute("SELECT set_config(%s, '0', false)", [limit])
        taken = session.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
        if not taken or not taken[0]:
            raise Busy("backup", reason="running")
        try:
            yield session
        finally:
            # The server ends a session some moments after it was closed here.
            with suppress(psycopg.Error):
                session.rollback()
                session.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def snapshot(session: Session) -> Iterator[str]:
    """One moment of the database, by the name under which ``pg_dump`` sees the same."""
    with session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = session.execute("SELECT pg_export_snapshot()").fetchone()
        yield str(row[0]) if row else ""


_TABLES = """
SELECT space.nspname, kind.relname FROM pg_class kind
JOIN pg_namespace space ON space.oid = kind.relnamespace
WHERE kind.relkind = 'r' AND space.nspname <> 'information_schema' AND space.nspname !~ '^pg_'
AND NOT EXISTS (
    SELECT FROM pg_depend part
    WHERE part.classid = 'pg_class'::regclass AND part.objid = kind.oid AND part.deptype = 'e'
) ORDER BY 1, 2
"""


def tables(session: Session) -> list[tuple[str, str]]:
    """Schema and name of every table, without those of extensions."""
    return [(row[0], row[1]) for row in session.execute(_TABLES).fetchall()]


def database_bytes(session: Session) -> int:
    """What the database takes on its disk, with indexes and what is dead in it."""
    row = session.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def count_rows(session: Session) -> dict[str, int]:
    """How many rows each table has, by its name."""
    counts = [
        sql.SQL("SELECT {}, count(*) FROM {}").format(name, sql.Identifier(schema, name))
        for schema, name in tables(session)
    ]
    if not counts:
        return {}
    return dict(session.execute(sql.SQL(" UNION ALL ").join(counts)).fetchall())
