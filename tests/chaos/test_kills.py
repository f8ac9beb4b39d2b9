"""kill -9 of each process in turn while a thousand writes are acknowledged: none is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.served import Served, await_true, served
from tests.chaos.writers import Clients

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

WRITES = 1000
THREADS = 4
RECOVERY_SECONDS = 60.0

# What must never be found: a row whose other half was lost. Each counts the bad ones.
INVARIANTS = {
    "an object without its key": """
        SELECT count(*) FROM collections_app_object o
        LEFT JOIN crypto_object_key k ON k.object_id = o.key_id WHERE k.object_id IS NULL""",
    "an object without its index entry": """
        SELECT count(*) FROM collections_app_object o
        LEFT JOIN collections_app_indexentry e ON e.object_id = o.seq WHERE e.object_id IS NULL""",
    "a secret without its key": """
        SELECT count(*) FROM secrets_app_secret s
        LEFT JOIN crypto_object_key k ON k.object_id = s.id WHERE k.object_id IS NULL""",
    "a secret without its present version": """
        SELECT count(*) FROM secrets_app_secret s LEFT JOIN secrets_app_secretversion v
        ON v.secret_id = s.id AND v.number = s.version WHERE v.sealed IS NULL""",
    "a secret without its owner's grant": """
        SELECT count(*) FROM secrets_app_secret s LEFT JOIN secrets_app_secretusergrant g
        ON g.content_object_id = s.id AND g.user_id = s.owner_id WHERE g.user_id IS NULL""",
    "a key of nothing": """
        SELECT count(*) FROM crypto_object_key k
        WHERE NOT EXISTS (SELECT 1 FROM secrets_app_secret s WHERE s.id = k.object_id)
        AND NOT EXISTS (SELECT 1 FROM collections_app_object o WHERE o.key_id = k.object_id)""",
    "a write that the trail does not know": """
        SELECT count(*) FROM (
            SELECT id::text AS id FROM secrets_app_secret
            UNION ALL SELECT object_id::text FROM collections_app_object) made
        WHERE NOT EXISTS (
            SELECT 1 FROM audit_auditentry a
            WHERE a.target_id = made.id AND a.outcome = 'success')""",
    "a write without its event": """
        SELECT (SELECT count(*) FROM secrets_app_secret)
        - (SELECT count(*) FROM events_event WHERE type = 'vault:secret-created')""",
}


def web_worker(portal: Served) -> int:
    """The process that serves requests: a child of the web server."""
    return portal.children_of(web_server(portal))[-1]


def web_server(portal: Served) -> int:
    return portal.pids("manage.py web")[0]


def celery_worker(portal: Served) -> int:
    return portal.pids("manage.py worker")[0]


def postmaster(portal: Served) -> int:
    return int((portal.layout.postgres / "postmaster.pid").read_text().split()[0])


def valkey(portal: Served) -> int:
    return portal.pids("valkey-server")[0]


VICTIMS: tuple[Callable[[Served], int], ...] = (
    web_worker,
    celery_worker,
    postmaster,
    valkey,
    web_server,
)


def test_no_acknowledged_write_is_lost_whoever_is_killed() -> None:
    with served(PORTAL_WEB_PROCESSES="2") as portal:
        portal.start()
        portal.await_ready()
        clients = Clients(portal, portal.bootstrap())
        clients.make_collection()

        with ThreadPoolExecutor(THREADS) as pool:
            try:
                clients.write(pool, threads=THREADS)
                for number, victim in enumerate(VICTIMS):
                    share = WRITES * (number + 1) // (len(VICTIMS) + 1)
                    _await_writes(portal, clients, share)
                    _kill(victim(portal))
                    _await_writes(portal, clients, clients.done.count() + THREADS)
                _await_writes(portal, clients, WRITES)
            finally:
                clients.enough.set()

        portal.await_ready()
        for victim in VICTIMS:
            await_true(partial(_is_up, portal, victim), RECOVERY_SECONDS, portal.log)
        assert clients.lost() == []
        assert _violations(portal) == {}
        verified = portal.manage("verify_audit")
        assert verified.returncode == 0, verified.stderr
        assert clients.done.count() >= WRITES
        strange = [each for each in clients.done.refused if each[0] != "5"]
        assert strange == [], "a failure of the portal is the portal's, never the caller's"


def _await_writes(portal: Served, clients: Clients, count: int) -> None:
    await_true(
        lambda: clients.done.count() >= count,
        RECOVERY_SECONDS,
        lambda: (
            f"{clients.done.count()} of {count} writes; {clients.done.refused[-1:]}\n"
            + portal.log()[-3000:]
        ),
    )


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    await_true(lambda: not _runs(pid), 10, lambda: "it was killed")


def _runs(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def _is_up(portal: Served, victim: Callable[[Served], int]) -> bool:
    with suppress(OSError, IndexError):
        return _runs(victim(portal))
    return False


def _violations(portal: Served) -> dict[str, object]:
    found = {}
    with portal.connect() as session:
        for name, query in INVARIANTS.items():
            row = session.execute(query.encode()).fetchone()
            if row and row[0]:
                found[name] = row[0]
    return found
