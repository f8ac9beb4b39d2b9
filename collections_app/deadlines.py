"""How long a request may keep the database busy: the web processes' sessions know it themselves.

A session is told once, when it is new in the pool, so that no request pays for it. Workers are not
told: a batch of a schema job takes the time that it takes.

A limit for each transaction would cost each request a statement, and most reads have no transaction
that it could hold for. So whatever pools connections in between must pool sessions; the guide says
it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.signals import connection_created

_MARK = "_has_deadlines"


def install() -> None:
    """Let every session of this process from now on stop its statements in time.

    After PVAULT_SERVICE_TIMEOUT_SECONDS a statement is given up (PV1009); after a third of it, one
    that only waits for somebody who changes the same object (PV3218).
    """
    connection_created.connect(_limit, dispatch_uid="collections.deadlines")


def _limit(connection: Any, **_signal: Any) -> None:
    session = connection.connection
    if session is None or getattr(session, _MARK, False):
        return
    most = settings.PVAULT_SERVICE_TIMEOUT_SECONDS * 1000
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false),"
            " set_config('lock_timeout', %s, false)",
            [str(most), str(most // 3)],
        )
    setattr(session, _MARK, True)
