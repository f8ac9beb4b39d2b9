"""Workers, broker and database die at full load: every event arrives, and nothing is left open.

``CHAOS_ROUNDS`` kills more often than the three rounds of an ordinary run.
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

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "3"))
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


def main_processes(portal: Served) -> list[int]:
    """Of each worker the one that talks to the broker: a child of ``serve``."""
    assert portal.process is not None
    own = portal.children_of(portal.process.pid)
    return [pid for pid in portal.pids("manage.py worker") if pid in own]


def kill_workers(portal: Served, receiver: Receiver) -> None:
    family = [*main_processes(portal)]
    for pid in [*family, *(child for each in family for child in portal.children_of(each))]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def empty_broker(portal: Served, receiver: Receiver) -> None:
    """Its queue is gone: the append-only file with it."""
    folder = portal.layout.valkey
    for pid in portal.pids("valkey-server"):
        os.kill(pid, signal.SIGKILL)
    for path in folder.rglob("*"):
        if path.is_file() and (".aof" in path.name or ".rdb" in path.name):
            with suppress(FileNotFoundError):
                path.unlink()


def lose_broker(portal: Served, receiver: Receiver) -> None:
    """It goes while a task runs, stays away until the worker has ended for it, and is empty then.

    Who would start it again is stopped meanwhile: what has run cannot be acknowledged.
    """
    assert portal.process is not None
    try:
        with _answer_held(receiver):
            # Another may be at its start still, and waits for a broker there.
            (busy,) = set(main_processes(portal)) & set(portal.pids("--queues default"))
            portal.process.send_signal(signal.SIGSTOP)
            empty_broker(portal, receiver)
        await_true(
            lambda: busy not in portal.pids("manage.py worker"),
            RECOVERY_SECONDS,
            lambda: f"a worker outlives its broker\n{portal.log()[-3000:]}",
        )
    finally:
        portal.process.send_signal(signal.SIGCONT)


@contextmanager
def _answer_held(receiver: Receiver) -> Iterator[None]:
    """A delivery is under way while the block runs."""
    usual, enough = receiver.answer, Event()

    def answer(received: Received) -> Reply:
        enough.wait()
        return usual(received)

    receiver.answer = answer
    try:
        receiver.await_requests(len(receiver.requests) + 1)
        yield
    finally:
        receiver.answer = usual
        enough.set()


def kill_database(portal: Served, receiver: Receiver) -> None:
    pid = int((portal.layout.postgres / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)


FAULTS: tuple[Callable[[Served, Receiver], None], ...] = (
    kill_workers,
    lose_broker,
    kill_database,
    empty_broker,
)


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
                fault(portal, receiver)
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
