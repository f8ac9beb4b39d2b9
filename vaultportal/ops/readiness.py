"""Whether the portal can do its work now, part by part."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from vaultportal.crypto import keyring
from vaultportal.errors import Unavailable
from vaultportal.sandbox import api as sandbox

logger = logging.getLogger(__name__)

MAX_AGE = 1.0  # seconds: anybody may ask, as often as they like
SECONDS = 2


class Readiness:
    """The last answer of each part, at most a second old."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = -MAX_AGE
        self._answers: dict[str, bool] = {}
        self._is_migrated = False

    def answers(self) -> dict[str, bool]:
        """``database``, ``migrations``, ``keys`` and ``broker``: whether each is there."""
        with self._lock:
            if monotonic() - self._asked >= MAX_AGE:
                database = _holds("database", _ask_database)
                self._answers = {
                    "database": database,
                    "migrations": database and _holds("migrations", self._ask_migrations),
                    "keys": database and _holds("keys", _ask_keys),
                    "broker": _holds("broker", _ask_broker),
                }
                self._asked = monotonic()
            return self._answers

    def _ask_migrations(self) -> None:
        if self._is_migrated:  # the code of a process does not change, nor are migrations undone
            return
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise Unavailable(message="Migrations are missing.")
        self._is_migrated = True


def actions() -> str:
    """Whether the teams' own code runs: ``locked`` in, ``unlocked`` (development) or ``off``.

    No part of readiness: a portal on a machine that cannot lock code in serves all the rest.
    """
    if settings.PVAULT_FEATURES_DISABLE_JAVASCRIPT:
        return "off"
    found = sandbox.available()
    if not found.ready:
        return "off"
    return "locked" if found.locked else "unlocked"


def _holds(part: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception as fault:  # whatever it is, the part is not there; strangers learn no more
        logger.warning("Not ready: %s (%s)", part, type(fault).__name__)
        return False
    return True


def _ask_database() -> None:
    pool = getattr(connection, "pool", None)  # None where DATABASES says so
    if pool is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return
    pool.open()  # as Django does before each connection; nothing when it is open
    # Who asks has less patience than a request in a queue for a connection.
    with pool.connection(timeout=SECONDS) as session:
        session.execute("SELECT 1")


def _ask_keys() -> None:
    # At start it opens the sentinel; later it asks whether the keys have changed.
    keyring.instance_id()


def _ask_broker() -> None:
    with current_app.connection_for_write(connect_timeout=SECONDS) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=SECONDS)


readiness = Readiness()
