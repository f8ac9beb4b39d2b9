"""Turns at an engine's identities: one process at a time tells it, and none holds up its job.

A turn is a lock of a database session, so that it goes with whoever dies. The session is that of
the thread that owns the database; the engine is asked by whoever has the turn. So a job may tell an
engine that takes long from its thread, while its owner renews the lease.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from django.db import Error, connection

from s3vault_app.models import StoragePool

T = TypeVar("T")
# Between two looks of a job whether it is its turn: the owner must not wait in the database.
POLL_SECONDS = 0.1
_LOCK = "SELECT pg_advisory_lock(hashtext(%s), hashtext(%s))"
_TRY = "SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))"


class Desk(Protocol):
    """Where the database is asked: in the caller's own thread, or by the owner of a job."""

    def ask(self, call: Callable[[], T]) -> T:
        """What the call returns or raises."""

    def check(self) -> None:
        """Raises when the work is to end early."""

    def hold(self) -> None:
        """Raises when the work is another's by now; not when it was only asked to end."""


class Here:
    """The caller has the database itself, and nothing runs out while it waits."""

    def ask(self, call: Callable[[], T]) -> T:
        return call()

    def check(self) -> None:
        return

    def hold(self) -> None:
        return


HERE = Here()


@contextmanager
def alone(
    pool: StoragePool,
    *,
    patient: bool = True,
    desk: Desk = HERE,
    check: Callable[[], None] | None = None,
) -> Iterator[bool]:
    """Have the turn at a pool's identities; False for who is not patient, while it is another's.

    Of two changes at once the engine would lose one (``IamEngine``). One thread of a job at a time:
    all of them share the session that has the lock.

    check: called while it is another's turn; what ``desk.check`` does, when not given.
    """
    key = ["s3vault.identities", str(pool.pk)]
    if patient and desk is HERE:
        _run(_LOCK, key)
        is_mine = True  # the answer of the call that waits is empty
    else:
        is_mine = desk.ask(lambda: _run(_TRY, key))
        while patient and not is_mine:
            (check or desk.check)()
            threading.Event().wait(POLL_SECONDS)
            is_mine = desk.ask(lambda: _run(_TRY, key))
    try:
        yield is_mine
    finally:
        if is_mine:
            desk.ask(lambda: _run(_UNLOCK, key))


def give_back() -> None:
    """No turn stays with this session: an owner that broke no longer answers the thread's wish."""
    try:
        _run("SELECT pg_advisory_unlock_all()", [])
    except Error:
        connection.close()  # a broken session: the pool drops it, and its locks with it


def _run(statement: str, key: list[str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, key)
        [answer] = cursor.fetchone()
    return bool(answer)
