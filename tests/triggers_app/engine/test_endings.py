"""Deadlines, replays and what is too old to keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.factories import actor_of, as_admin, make_person
from tests.receiver import Receiver
from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app import signals
from triggers_app.engine import deadlines, pump, replaying, retention
from triggers_app.models import Attempt, Invocation, ReplayJob, Subscription
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db
ASKS: dict[str, Any] = {"trigger": "vault:secret-read-approval", "kind": "REQUEST_RESPONSE"}
State = Invocation.State


def done(subscription: Subscription, **fields: Any) -> Invocation:
    """An invocation with its outcome."""
    outcome = {"state": State.COMPLETED, "due_at": None, "completed_at": timezone.now()}
    return make_invocation(subscription=subscription, **outcome | fields)


def test_what_is_past_its_deadline_expires_and_is_told_to_its_gate() -> None:
    heard: list[UUID] = []

    def hear(ids: list[UUID], **_signal: Any) -> None:
        heard.extend(ids)

    asks = make_subscription(mode="ASYNC", **ASKS)
    now = timezone.now()
    late = make_invocation(
        subscription=asks, deadline=now, secret="s", state="waiting", due_at=None, is_gate=True
    )
    open_ = make_invocation(subscription=asks, deadline=now + timedelta(hours=1), secret="s")
    signals.settled.connect(hear)
    try:
        assert deadlines.expire() == 1
    finally:
        signals.settled.disconnect(hear)

    late.refresh_from_db()
    open_.refresh_from_db()
    assert (late.state, late.secret, open_.state) == (State.EXPIRED, None, State.QUEUED)
    assert late.completed_at is not None
    assert late.error_message
    assert heard == [late.pk]
    assert deadlines.expire() == 0


def test_what_is_queued_past_its_deadline_is_not_sent(receiver: Receiver) -> None:
    asks = make_subscription(mode="ASYNC", url=receiver.url, **ASKS)
    row = make_invocation(subscription=asks, deadline=timezone.now(), secret="s")

    pump.run()

    row.refresh_from_db()
    assert (row.state, receiver.requests) == (State.EXPIRED, [])


def test_what_is_left_of_a_deleted_subscription_is_dropped() -> None:
    row = make_invocation(is_test=True)
    Subscription.objects.all().delete()

    assert deadlines.drop() == 1

    row.refresh_from_db()
    assert row.state == State.SKIPPED


def test_one_is_delivered_once_more(receiver: Receiver) -> None:
    old = done(make_subscription(url=receiver.url))

    made = replaying.replay_one(as_admin(), old.pk)
    pump.run()

    made.refresh_from_db()
    assert (made.state, made.replay_of, made.input) == (State.COMPLETED, old.pk, old.input)
    assert receiver.requests[0].headers["webhook-id"] == str(made.pk) != str(old.pk)


def test_questions_open_ones_and_strangers_are_refused() -> None:
    question = done(make_subscription(mode="SYNC", **ASKS))
    off = done(make_subscription(enabled=False))
    for row in (question, off, make_invocation()):
        with pytest.raises(Conflict):
            replaying.replay_one(as_admin(), row.pk)
    with pytest.raises(NotFound):
        replaying.replay_one(actor_of(make_person()), off.pk)
    with pytest.raises(Forbidden):
        replaying.start(actor_of(make_person()), replaying.Choice())
    now = timezone.now()
    for choice in (
        replaying.Choice(states=("queued",)),
        replaying.Choice(since=now, until=now - timedelta(seconds=1)),
    ):
        with pytest.raises(Invalid):
            replaying.start(as_admin(), choice)


def test_a_choice_is_replayed_and_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "BATCH", 2)
    chosen, other = make_subscription(), make_subscription()
    failed = {"state": State.FAILED, "error_message": "no"}
    wanted = [done(chosen, **failed) for _ in range(5)]
    done(chosen)
    done(other, **failed)
    done(chosen, is_test=True, **failed)
    make_invocation(subscription=chosen)
    choice = replaying.Choice(
        since=timezone.now() - timedelta(hours=1), subscription_id=chosen.pk, states=("failed",)
    )
    job = replaying.start(as_admin(), choice)
    first = replaying._claim(job.pk, uuid4())
    assert first is not None
    assert first.total == 5
    assert replaying._batch(first) is not None  # and here its worker dies
    assert replaying.open_jobs() == []
    ReplayJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert replaying.open_jobs() == [job.pk]

    replaying.run(job.pk)
    replaying.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done, job.lease_until) == ("done", 5, None)
    made = Invocation.objects.filter(replay_job=job)
    assert sorted(row.replay_of for row in made if row.replay_of) == sorted(
        row.pk for row in wanted
    )
    assert {row.subscription_id for row in made} == {chosen.pk}


def test_a_worker_that_lost_its_lease_stops() -> None:
    subscription = make_subscription()
    done(subscription)
    job = replaying.start(as_admin(), replaying.Choice())
    slow = replaying._claim(job.pk, uuid4())
    assert slow is not None
    ReplayJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert replaying._claim(job.pk, uuid4()) is not None

    assert replaying._batch(slow) is None
    assert not Invocation.objects.filter(replay_job=job).exists()


def test_what_is_old_goes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    settings.TRIGGERS_LOG_DAYS = 30
    subscription = make_subscription()
    old = int((timezone.now() - timedelta(days=31)).timestamp() * 1000) << 80
    gone = [done(subscription, id=UUID(int=old + number)) for number in range(5)]
    still_open = make_invocation(subscription=subscription, id=UUID(int=old + 9))
    young = done(subscription)
    for row in (*gone, young):
        Attempt.objects.create(invocation=row, number=1, at=timezone.now(), outcome="accepted")

    assert retention.prune() == 5

    assert set(Invocation.objects.values_list("pk", flat=True)) == {still_open.pk, young.pk}
    assert Attempt.objects.get().invocation_id == young.pk
