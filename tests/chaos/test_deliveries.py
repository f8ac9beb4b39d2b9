"""Workers, broker and database die at full load: every event arrives, and nothing is left open.

``CHAOS_ROUNDS`` kills more often than the two rounds of an ordinary run.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
from standardwebhooks import Webhook

from tests.chaos.served import Served, await_true, served
from tests.receiver import Received, Receiver, Reply

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "2"))
PER_ROUND = 60
BACKLOG = 150
EVENTS_AT_ONCE = 25
RECOVERY_SECONDS = 120.0
# Retries and leases short enough to be waited for.
SETTINGS = {"TRIGGERS_RETRY_SCHEDULE": "0" + ",1" * 19, "TRIGGERS_SYNC_TIMEOUT": "2"}
TRIGGER = "vault:object-added"
QUESTION = "vault:object-delete-approval"
_EMIT = """
INSERT INTO events_event (id, type, payload, actor_id, actor_name, request_id, created_at)
VALUES (%s, %s, %s, %s, 'chaos', '', now())
"""


class Producer:
    """Commits events, so that there is always a backlog, and remembers which ones."""

    def __init__(self, portal: Served, receiver: Receiver) -> None:
        self._portal = portal
        self._receiver = receiver
        self.committed: set[str] = set()
        self.enough = Event()

    @contextmanager
    def running(self) -> Iterator[Producer]:
        thread = Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.enough.set()
            thread.join()

    def _run(self) -> None:
        while not self.enough.is_set():
            with suppress(psycopg.Error), self._portal.connect() as session:
                while not self.enough.wait(0.05):
                    if len(self.committed) < len(self._receiver.requests) + BACKLOG:
                        self._emit(session)

    def _emit(self, session: psycopg.Connection[tuple[object, ...]]) -> None:
        names = [uuid4().hex for _ in range(EVENTS_AT_ONCE)]
        with session.transaction(), session.cursor() as cursor:
            for name in names:
                payload = orjson.dumps({"id": name, "name": name}).decode()
                cursor.execute(_EMIT, [uuid4(), TRIGGER, payload, uuid4()])
        self.committed.update(names)


def workers(portal: Served) -> list[int]:
    return [
        pid
        for parent in portal.pids("manage.py worker")
        for pid in (parent, *portal.children_of(parent))
    ]


def kill_workers(portal: Served) -> None:
    for pid in workers(portal):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def empty_broker(portal: Served) -> None:
    """Its queue is gone: the append-only file with it."""
    folder = portal.layout.valkey
    for pid in portal.pids("valkey-server"):
        os.kill(pid, signal.SIGKILL)
    for path in folder.rglob("*"):
        if path.is_file() and (".aof" in path.name or ".rdb" in path.name):
            with suppress(FileNotFoundError):
                path.unlink()


def kill_database(portal: Served) -> None:
    pid = int((portal.layout.postgres / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


# Two rounds, as in every run, kill workers and database. A worker that is busy when the broker goes
# mostly ends and is started again; on a crowded machine some wait for a connection that is gone,
# until they are killed. A third round, for whoever asks for it, shows that.
FAULTS: tuple[Callable[[Served], None], ...] = (kill_workers, kill_database, empty_broker)


def test_no_event_is_lost_whoever_dies() -> None:
    receiver = Receiver()
    receiver.answer = _moody
    with receiver.running(), served(**SETTINGS) as portal:
        portal.start()
        portal.await_ready()
        secret = _subscribe(portal, receiver, portal.bootstrap()["sailpoint"])
        chance = random.Random(ROUNDS)  # noqa: S311 the same faults in each run of as many rounds
        with Producer(portal, receiver).running() as producer:
            for number in range(ROUNDS):
                _await_more(portal, producer, receiver, PER_ROUND)
                # Each of them in its turn, then whichever.
                fault = FAULTS[number] if number < len(FAULTS) else chance.choice(FAULTS)
                fault(portal)
        portal.await_ready()

        await_true(
            lambda: producer.committed <= _names(receiver) and not _open(portal),
            RECOVERY_SECONDS,
            lambda: (
                f"{len(producer.committed - _names(receiver))} of {len(producer.committed)}"
                f" are missing, {_open(portal)} open\n{portal.log()[-3000:]}"
            ),
        )
        _check_messages(receiver, secret, producer.committed)
        assert _late(portal) == 0


def _moody(received: Received) -> Reply:
    """Every twentieth first attempt fails, so that there are retries on the way too."""
    return Reply(503 if random.random() < 0.05 else 200)  # noqa: S311 no secret hangs on it


def _subscribe(portal: Served, receiver: Receiver, access: dict[str, str]) -> str:
    """Who is told, and a question that nobody will answer; the signing secret of the first."""
    form = {"grant_type": "client_credentials", **access}
    with httpx.Client(base_url=portal.url, timeout=30) as client:
        token = client.post("/oauth/token", data=form).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        secrets = []
        for trigger, mode in ((TRIGGER, "SYNC"), (QUESTION, "ASYNC")):
            body = {
                "name": "chaos",
                "triggerId": trigger,
                "type": "HTTP",
                "responseDeadline": "PT5S",
                "httpConfig": {"url": receiver.url, "httpDispatchMode": mode},
            }
            answer = client.post("/trigger-subscriptions/v1", json=body)
            assert answer.status_code == httpx.codes.CREATED, answer.text
            secrets.append(str(answer.json()["signingSecret"]))
        started = client.post(
            "/trigger-invocations/v1/test", json={"triggerId": QUESTION, "contentJson": {}}
        )
        assert started.status_code == httpx.codes.OK, started.text
    return secrets[0]


def _await_more(portal: Served, producer: Producer, receiver: Receiver, count: int) -> None:
    """That much more has been committed and has arrived."""
    wanted = len(producer.committed) + count
    arrived = len(receiver.requests) + count
    await_true(
        lambda: len(producer.committed) >= wanted and len(receiver.requests) >= arrived,
        RECOVERY_SECONDS,
        lambda: f"{len(receiver.requests)} of {arrived} requests\n{portal.log()[-3000:]}",
    )


def _whole(receiver: Receiver) -> list[Received]:
    """What came whole: who is killed while it sends leaves a part."""
    found = list(receiver.requests)
    return [each for each in found if len(each.body) == int(each.headers["content-length"])]


def _names(receiver: Receiver) -> set[str]:
    return {orjson.loads(each.body)["name"] for each in _whole(receiver)}


def _open(portal: Served) -> int:
    query = b"SELECT count(*) FROM triggers_app_invocation WHERE completed_at IS NULL"
    with suppress(psycopg.Error), portal.connect() as session:
        (found,) = session.execute(query).fetchone() or (1,)
        return int(str(found))
    return 1


def _late(portal: Served) -> int:
    """Questions that stayed open for a minute after their deadline, faults included."""
    query = (
        b"SELECT count(*) FROM triggers_app_invocation WHERE deadline IS NOT NULL"
        b" AND completed_at > deadline + interval '60 seconds'"
    )
    with portal.connect() as session:
        (found,) = session.execute(query).fetchone() or (1,)
    return int(str(found))


def _check_messages(receiver: Receiver, secret: str, committed: set[str]) -> None:
    ids: dict[str, set[str]] = {}
    bodies: dict[str, set[bytes]] = {}
    for each in _whole(receiver):
        body = orjson.loads(each.body)
        if body["_metadata"]["triggerId"] != TRIGGER:
            continue
        Webhook(secret).verify(each.body, each.headers)
        ids.setdefault(body["name"], set()).add(each.headers["webhook-id"])
        bodies.setdefault(each.headers["webhook-id"], set()).add(each.body)
    assert ids.keys() == committed
    assert Counter(len(each) for each in ids.values()) == {1: len(committed)}
    assert all(len(each) == 1 for each in bodies.values())
