"""Coming to the database and leaving it, where a process begins, forks or waits."""

from __future__ import annotations

from django.db import connection, connections


def leave() -> None:
    """Close this process's sessions and its pool: neither may be shared with a forked child."""
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's, unknown to the base class


def come() -> None:
    """Open the pool, so that the first request finds a session. The database may be away yet."""
    pool = connection.pool  # type: ignore[attr-defined]  # as above
    if pool is not None:
        pool.open()
