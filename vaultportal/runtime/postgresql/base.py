"""The backend: a session is asked for its health once a second at most, not at every request.

The question is a round trip, a fifth of what it costs to read a secret. A session that dies within
its second fails the one request that meets it; the pool throws it away then.
"""

from __future__ import annotations

import time
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.postgresql import base
from psycopg import Connection
from psycopg_pool import ConnectionPool

TRUSTED_SECONDS = 1.0

_asked_at: WeakKeyDictionary[Connection[Any], float] = WeakKeyDictionary()


def check(session: Connection[Any]) -> None:
    """Raise psycopg's error when ``session`` is dead, as far as is known."""
    now = time.monotonic()
    if now - _asked_at.get(session, float("-inf")) >= TRUSTED_SECONDS:
        ConnectionPool.check_connection(session)
        _asked_at[session] = now


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, through psycopg's pool."""

    @property
    def pool(self) -> ConnectionPool[Connection[Any]] | None:
        """The pool of this process, None without one."""
        pool: Any = super().pool
        # Django chooses between its own check and none, and hands no other on.
        if pool is not None and pool._check is ConnectionPool.check_connection:
            pool._check = check
        return pool  # type: ignore[no-any-return]  # the stubs know no pools
