"""What stays in the outbox, and what goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from vaultportal import trail
from vaultportal.events import outbox, tasks
from vaultportal.events.models import Event
from vaultportal.events.shared import ACCESS_DENIED
from vaultportal.events.signals import emitted
from vaultportal.identity import actor as actors

pytestmark = pytest.mark.django_db


def listen(**_hint: object) -> None:
    """Somebody who dispatches."""


@pytest.fixture
def listener() -> Iterator[None]:
    """The outbox has a reader while the test runs."""
    emitted.connect(listen)
    yield
    emitted.disconnect(listen)


def event(*, days: float, dispatched: bool) -> Event:
    at = timezone.now() - timedelta(days=days)
    number = (int(at.timestamp() * 1000) << 80) + Event.objects.count()
    return Event.objects.create(
        id=UUID(int=number),
        type=ACCESS_DENIED.id,
        payload={},
        actor_id=actors.system().user_id,
        created_at=at,
        dispatched_at=at if dispatched else None,
    )


def test_only_old_and_dispatched_events_go(listener: None, settings: Settings) -> None:
    settings.EVENTS_RETENTION_DAYS = 7
    gone = event(days=8, dispatched=True)
    kept = [
        event(days=8, dispatched=False),
        event(days=6, dispatched=True),
        event(days=0, dispatched=False),
    ]

    assert outbox.backlog() == 2
    assert outbox.sweep() == 1
    assert not Event.objects.filter(pk=gone.pk).exists()
    assert Event.objects.count() == len(kept)
    assert outbox.backlog() == 2


def test_the_backlog_is_oldest_first(listener: None) -> None:
    later, earlier = event(days=1, dispatched=False), event(days=2, dispatched=False)
    event(days=3, dispatched=True)

    assert list(Event.objects.undispatched()) == [earlier, later]


def test_more_than_a_batch_goes_too(listener: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 10)
    for _ in range(35):
        event(days=9, dispatched=True)

    assert outbox.sweep() == 35


def test_one_run_is_bounded(listener: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 2)
    monkeypatch.setattr(outbox, "MAX_BATCHES", 3)
    for _ in range(10):
        event(days=9, dispatched=True)

    assert outbox.sweep() == 6


def test_without_a_reader_nothing_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emitted, "receivers", [])  # as where no app that delivers is installed
    with trail.unit():
        trail.emit(ACCESS_DENIED, actors.system(), id="1", name="one")
    event(days=9, dispatched=False)

    tasks.sweep_events()

    assert outbox.backlog() == 0
    assert Event.objects.count() == 1


def test_with_a_reader_everything_waits_for_it(listener: None) -> None:
    event(days=9, dispatched=False)

    tasks.sweep_events()

    assert outbox.backlog() == 1
