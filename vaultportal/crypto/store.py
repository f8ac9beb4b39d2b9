"""The keyring's own line to the database.

It is not the connection of the business transaction. A data key that is made inside a transaction
and rolled back would leave a process that seals with a key nobody stored; so keys are committed at
once, apart, and the keyring never sees a state that is not committed. It also keeps the statement
counts of requests plain.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connections
from psycopg.rows import tuple_row

from vaultportal.crypto.models import KeyState
from vaultportal.errors import Unavailable

logger = logging.getLogger(__name__)

LOCK_TIMEOUT = "5s"

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RootRow:
    """A version of the root key as the database knows it."""

    provider: str
    version: int
    label: str
    state: str
    sentinel: bytes
    used: bool  # a data key is wrapped by it


@dataclass(frozen=True, slots=True)
class DataKeyRow:
    """A stored data key; ``lowest`` is the lowest version that its scope opens."""

    id: UUID
    scope: str
    version: int
    state: str
    wrapped: bytes
    provider: str
    lowest: int


class Store:
    """One connection, committed at each statement; the caller holds a lock around every use."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Row] | None = None
        self._params: dict[str, Any] = {}
        self._pid = 0
        self._in_transaction = False
        self.lines = 0  # connections opened so far

    def identity(self) -> tuple[UUID, int] | None:
        """Instance id and epoch; None before the first start."""
        rows = self._rows("SELECT id, epoch FROM crypto_instance")
        return (rows[0][0], rows[0][1]) if rows else None

    def is_migrated(self) -> bool:
        """Whether the tables are there."""
        return bool(self._rows("SELECT to_regclass('crypto_root_key_version') IS NOT NULL")[0][0])

    def holds_keys(self) -> bool:
        """Whether anything may be sealed: a root key version or a data key is on record."""
        return bool(
            self._rows(
                "SELECT EXISTS (SELECT FROM crypto_root_key_version)"
                " OR EXISTS (SELECT FROM crypto_data_key)"
            )[0][0]
        )

    def root_versions(self) -> list[RootRow]:
        """All versions of all providers, in order."""
        rows = self._rows(
            "SELECT provider, version, label, state, sentinel,"
            " EXISTS (SELECT FROM crypto_data_key d WHERE d.provider = r.provider"
            " AND d.kek_version = r.version AND d.state <> 'destroyed')"
            " FROM crypto_root_key_version r ORDER BY provider, version"
        )
        return [RootRow(*row) for row in rows]

    def add_instance(self) -> None:
        """Make the one row, unless it is there."""
        self._rows(
            'INSERT INTO crypto_instance (id, epoch, "only") VALUES (%s, 0, true)'
            " ON CONFLICT DO NOTHING",
            [uuid4()],
        )

    def add_root_version(self, row: RootRow) -> None:
        """Put a version on record, unless another process was quicker."""
        self._rows(
            "INSERT INTO crypto_root_key_version"
            " (provider, version, label, state, sentinel, created_at)"
            " VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING",
            [row.provider, row.version, row.label, row.state, row.sentinel],
        )

    def data_keys(self, scopes: Sequence[str]) -> list[DataKeyRow]:
        """Every version of the scopes, destroyed ones included."""
        rows = self._rows(
            "SELECT d.id, d.scope, d.version, d.state, d.wrapped, d.provider,"
            " coalesce(s.min_open_version, 1)"
            " FROM crypto_data_key d LEFT JOIN crypto_key_scope s USING (scope)"
            " WHERE d.scope = ANY(%s) ORDER BY d.scope, d.version",
            [list(scopes)],
        )
        return [DataKeyRow(*row) for row in rows]

    def active_root(self) -> tuple[str, int]:
        """Who wraps new keys. Locked: a rotation waits for those who are wrapping by it."""
        sql = (
            "SELECT provider, version FROM crypto_root_key_version WHERE state = 'active' FOR SHARE"
        )
        # Who waited for a rotation finds its row no longer active, and the new one on asking again.
        rows = self._rows(sql) or self._rows(sql)
        if not rows:
            raise Unavailable(message="The root key is being rotated.")
        return rows[0][0], rows[0][1]

    def add_first_data_key(self, scope: str, wrapped: bytes, root: tuple[str, int]) -> None:
        """Version 1 of a scope, unless another process was quicker."""
        self._rows(
            "INSERT INTO crypto_data_key"
            " (id, scope, version, state, wrapped, provider, kek_version, created_at)"
            " VALUES (%s, %s, 1, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING",
            [uuid4(), scope, KeyState.ACTIVE.value, wrapped, *root],
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several statements as one."""
        connection = self._connected()
        self._in_transaction = True
        try:
            with connection.transaction():
                yield
        except psycopg.OperationalError as fault:
            raise _unavailable(fault) from None
        finally:
            self._in_transaction = False

    def close(self) -> None:
        """Let go of the connection; the next statement opens another."""
        connection, self._connection = self._connection, None
        # What a forked child inherited belongs to its parent: it is dropped, not closed.
        if connection is not None and self._pid == os.getpid():
            connection.close()

    def follow_settings(self) -> None:
        """Leave a database that is no longer that of the settings (test databases come and go)."""
        if self._connection is not None and self._params != _parameters():
            self.close()

    def _connected(self) -> psycopg.Connection[Row]:
        if self._connection is None or self._connection.closed or self._pid != os.getpid():
            self.close()
            self._params, self._pid = _parameters(), os.getpid()
            try:
                self._connection = psycopg.connect(
                    **self._params, autocommit=True, row_factory=tuple_row
                )
            except psycopg.OperationalError as fault:
                raise _unavailable(fault) from None
            self.lines += 1
            # A caller whose own transaction holds key rows would otherwise wait for itself.
            self._connection.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        return self._connection

    def _rows(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        connection = self._connected()
        try:
            return _fetch(connection, sql, params)
        except psycopg.OperationalError as fault:
            if self._in_transaction or not connection.broken:
                raise _unavailable(fault) from None
        # The line was cut while it lay idle. Every statement above may safely run twice.
        try:
            return _fetch(self._connected(), sql, params)
        except psycopg.OperationalError as fault:
            raise _unavailable(fault) from None


def _fetch(connection: psycopg.Connection[Row], sql: str, params: Sequence[object]) -> list[Row]:
    cursor = connection.execute(sql.encode(), params or None)
    return cursor.fetchall() if cursor.description else []


def _unavailable(fault: psycopg.OperationalError) -> Unavailable:
    logger.warning("The keyring cannot ask the database: SQLSTATE %s", fault.sqlstate or "none")
    return Unavailable(message="The database does not answer.")


def _parameters() -> dict[str, Any]:
    """Django's own, less what concerns its cursors and adapters."""
    params: dict[str, Any] = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(name, None)
    params["application_name"] = "vaultportal-keyring"
    params["prepare_threshold"] = (
        None  # behind a transaction pooler a prepared statement may be gone
    )
    return params
