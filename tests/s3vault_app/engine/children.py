"""Processes that a test may kill, forked by one that has no threads.

A child that pytest's own process forks may wait for ever for a lock of one of its threads.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from typing import Any

from django.conf import settings
from django.db import connection

from tests.services import use_database

PATIENCE = 90.0
_forkserver = multiprocessing.get_context("forkserver")
_forkserver.set_forkserver_preload(["tests.s3vault_app.engine.nursery"])


def begin(act: Callable[[], object]) -> ForkServerProcess:
    """A process that does it, on this test's database and with its lease.

    What it does is pickled: a function of a module, a ``partial`` of one.
    """
    lease = settings.S3VAULT_LEASE_SECONDS
    child = _forkserver.Process(target=_do, args=(act, connection.settings_dict["NAME"], lease))
    child.start()
    return child


def end_of(child: ForkServerProcess) -> int:
    """Its exit code, below zero for a signal; it has to end."""
    child.join(PATIENCE)
    assert child.exitcode is not None, "it does not end"
    return child.exitcode


def _do(act: Callable[[], object], database: str, lease: Any) -> None:
    # One that hangs shows where, shortly before it is given up.
    faulthandler.dump_traceback_later(PATIENCE - 10)
    use_database(database)
    settings.S3VAULT_LEASE_SECONDS = lease
    act()
