"""Who gets how much, how often, and when not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from tests.receiver import Receiver, Reply
from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app.engine import health, limits, pump
from triggers_app.engine.claims import Claim, claim
from triggers_app.models import Attempt, Invocation, Subscription, SubscriptionHealth
from vaultportal.events.models import Event

pytestmark = pytest.mark.django_db
Circuit = SubscriptionHealth.Circuit


def take(wanted: int = 100, *, gates: bool = False) -> list[Claim]:
    return claim(uuid4(), wanted, gates=gates)


def queue(subscription: Subscription, count: int, **fields: Any) -> list[Invocation]:
    return [make_invocation(subscription=subscription, **fields) for _ in range(count)]


def test_the_lease_outlives_the_request(settings: Settings) -> None:
    for settings.TRIGGERS_SYNC_TIMEOUT in (1, 10, 60):
        assert limits.lease().total_seconds() >= limits.timeout() + limits.LEASE_MARGIN


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends() -> None:
    (row,) = queue(make_subscription(), 1)

    (first,) = take()
    assert take() == []
    row.refresh_from_db()
    assert (row.attempts, row.leased_by, row.due_at) == (1, first.owner, row.lease_until)

    Invocation.objects.update(due_at=timezone.now(), lease_until=timezone.now())
    (second,) = take()
    assert (second.invocation.pk, second.invocation.attempts) == (row.pk, 2)


def test_each_endpoint_has_a_number_of_its_own(settings: Settings) -> None:
    settings.TRIGGERS_MOST_AT_ONCE = 3
    usual, small = make_subscription(), make_subscription(most_at_once=1)
    queue(usual, 5)
    queue(small, 5)

    taken = Counter(each.subscription.pk for each in take())

    assert taken == {usual.pk: 3, small.pk: 1}
    assert take() == []


def test_a_long_backlog_does_not_keep_others_waiting() -> None:
    crowded, quiet = make_subscription(), make_subscription()
    queue(crowded, 10)
    queue(quiet, 1)

    taken = [each.subscription.pk for each in take(2)]

    assert sorted(taken) == sorted([crowded.pk, quiet.pk])


def test_a_rate_is_kept() -> None:
    subscription = make_subscription(most_per_second=2)
    queue(subscription, 5)

    assert len(take()) == 2
    assert take() == []
    SubscriptionHealth.objects.update(paced_until=timezone.now())
    assert len(take()) == 2


def test_gates_are_taken_apart() -> None:
    subscription = make_subscription()
    (told,) = queue(subscription, 1)
    (asked,) = queue(subscription, 1, is_gate=True)

    assert [each.invocation.pk for each in take(gates=True)] == [asked.pk]
    assert [each.invocation.pk for each in take()] == [told.pk]


def test_an_interrupted_question_is_not_put_again(receiver: Receiver) -> None:
    subscription = make_subscription(
        url=receiver.url, mode="SYNC", trigger="vault:secret-read-approval", kind="REQUEST_RESPONSE"
    )
    (row,) = queue(subscription, 1, attempts=1)

    pump.run()

    row.refresh_from_db()
    assert (row.state, receiver.requests) == (Invocation.State.FAILED, [])
    assert Attempt.objects.get().outcome == "skipped"


def test_an_open_circuit_lets_one_probe_through_and_closes_again(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(503)
    subscription = make_subscription(url=receiver.url)
    queue(subscription, 20)

    pump.run()

    known = SubscriptionHealth.objects.get(subscription=subscription)
    assert (known.circuit, known.opened) == (Circuit.OPEN, 1)
    assert known.consecutive_failures >= limits.OPEN_AFTER
    assert len(receiver.requests) <= 20
    assert take() == []

    before = len(receiver.requests)
    _let_pass(known)
    pump.run()
    known.refresh_from_db()
    assert (known.circuit, known.opened, len(receiver.requests)) == (Circuit.OPEN, 2, before + 1)

    receiver.answer = lambda _received: Reply()
    _let_pass(known)
    pump.run()
    known.refresh_from_db()
    assert (known.circuit, known.opened, known.consecutive_failures) == (Circuit.CLOSED, 0, 0)
    assert not Invocation.objects.filter(state="queued", due_at__lte=timezone.now()).exists()


def test_a_lost_probe_is_followed_by_another() -> None:
    subscription = make_subscription()
    queue(subscription, 2)
    past = timezone.now() - timedelta(seconds=1)
    SubscriptionHealth.objects.update(circuit=Circuit.OPEN, open_until=past)

    assert len(take()) == 1
    assert take() == []
    SubscriptionHealth.objects.update(open_until=past)
    assert len(take()) == 1


@pytest.mark.parametrize(
    ("days", "failures", "enabled"), [(6, 100, False), (6, 10, True), (1, 100, True)]
)
def test_only_what_fails_long_and_often_is_switched_off(
    settings: Settings, days: int, failures: int, *, enabled: bool
) -> None:
    settings.TRIGGERS_DISABLE_SECONDS, settings.TRIGGERS_DISABLE_FAILURES = 5 * 86_400, 50
    subscription = make_subscription()
    now = timezone.now()
    SubscriptionHealth.objects.update(
        consecutive_failures=failures - 1, failing_since=now - timedelta(days=days)
    )

    health.note({subscription.pk: health.Tally(subscription, failures=1)}, now)

    subscription.refresh_from_db()
    assert subscription.enabled is enabled
    told = Event.objects.filter(type="vault:subscription-disabled")
    assert told.exists() is not enabled
    if not enabled:
        assert subscription.disabled_reason == "failing"
        assert told.get().payload["consecutiveFailures"] == failures


def _let_pass(known: SubscriptionHealth) -> None:
    """As if the pause were over, and the retries were due."""
    now = timezone.now()
    SubscriptionHealth.objects.filter(pk=known.pk).update(open_until=now)
    Invocation.objects.filter(state="queued").update(due_at=now)
