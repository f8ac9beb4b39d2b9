"""The id of a request goes with the tasks that it sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from celery import Celery, Task
from celery.contrib.testing.worker import start_worker

from vaultportal.celery import app as portal
from vaultportal.ops import context

heard: list[str] = []
done = threading.Event()


@pytest.fixture(scope="module")
def app() -> Iterator[Celery]:
    """A broker in memory and a worker in a thread."""
    app = Celery("context", broker="memory://", set_as_current=False)

    @app.task(name="context.note")
    def note() -> None:
        heard.append(context.request_id())
        done.set()

    with start_worker(app, perform_ping_check=False, pool="solo", loglevel="ERROR"):
        yield app
    # The worker made its own the app of this process.
    portal.set_current()
    portal.set_default()


def send(app: Celery) -> str:
    done.clear()
    task: Task[..., None] = app.tasks["context.note"]
    task.delay()
    assert done.wait(20)
    return heard[-1]


def test_a_task_knows_the_request_that_sent_it(app: Celery) -> None:
    context.enter("request-0001")
    try:
        assert send(app) == "request-0001"
    finally:
        context.enter("")


def test_a_task_of_the_schedule_has_an_id_of_its_own(app: Celery) -> None:
    first, second = send(app), send(app)

    assert len(first) == 32
    assert first != second
