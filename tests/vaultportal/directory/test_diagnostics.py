"""What the page about the installation says of it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from celery import current_app
from kombu import Consumer, Queue

from tests.factories import as_admin, unique
from vaultportal.directory import diagnostics
from vaultportal.directory.diagnostics import Fact

pytestmark = pytest.mark.django_db


def workers() -> Fact:
    return next(fact for fact in diagnostics.facts(as_admin()) if fact.name == "workers")


def test_workers_are_those_that_wait_for_messages() -> None:
    before = int(str(workers().value))

    with (
        current_app.connection_for_read() as broker,
        Consumer(broker.channel(), [Queue(unique("queue"))], accept=["json"]),
    ):
        with suppress(TimeoutError):
            broker.drain_events(timeout=0.1)
        during = workers()
    after = workers()

    assert (during.value, during.state) == (before + 1, "ok")
    assert after.value == before
    assert before or after.state == "bad"  # nobody works


def test_a_broker_that_is_away_has_no_workers_to_tell_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_read_url", "redis://127.0.0.1:1/0")

    facts = {fact.name: fact for fact in diagnostics.facts(as_admin())}

    assert (facts["queue_default"].value, facts["queue_default"].state) == ("no answer", "bad")
    assert "workers" not in facts
