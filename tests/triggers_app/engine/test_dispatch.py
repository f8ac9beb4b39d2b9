"""Events become invocations: each once, for whom it is meant."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from tests.triggers_app.factories import make_subscription
from triggers_app.engine.dispatch import dispatch
from triggers_app.invoking import new_invocation
from triggers_app.models import Attempt, Invocation
from vaultportal import trail
from vaultportal.events import catalog, outbox
from vaultportal.events.models import Event
from vaultportal.identity import actor as actors
from vaultportal.identity.ids import uuid7

pytestmark = pytest.mark.django_db
CREATED = "vault:secret-created"


def emit(name: str = "payroll", type_id: str = CREATED) -> None:
    event_type = catalog.get(type_id)
    assert event_type is not None
    with trail.unit():
        trail.emit(event_type, actors.system(), id=str(uuid7()), name=name, **event_type.sample)


def test_every_subscriber_of_the_trigger_gets_its_own() -> None:
    subscriptions = [make_subscription(), make_subscription()]
    make_subscription(enabled=False)
    make_subscription(trigger="vault:secret-read")
    emit()

    assert dispatch() == 1

    rows = Invocation.objects.all()
    assert {row.subscription_id for row in rows} == {each.pk for each in subscriptions}
    event = Event.objects.get(type=CREATED)
    for row in rows:
        assert (row.event_id, row.input, row.state) == (event.pk, event.payload, "queued")
        assert row.secret is None
    assert outbox.backlog() == 0


def test_what_is_queued_in_bulk_is_what_is_made_one_by_one() -> None:
    subscription = make_subscription()
    emit()
    dispatch()
    event = Event.objects.get(type=CREATED)

    (queued,) = Invocation.objects.filter(event_id=event.pk).values()

    made = new_invocation(subscription, event.payload, event.created_at, event_id=event.pk)
    made.pk = queued["id"]
    Invocation.objects.all().delete()
    made.save(force_insert=True)
    assert Invocation.objects.values().get(pk=made.pk) == queued


def test_it_happens_once() -> None:
    make_subscription()
    emit()

    assert [dispatch(), dispatch()] == [1, 0]
    Event.objects.update(dispatched_at=None)
    dispatch()

    assert Invocation.objects.count() == 1


def test_filters_choose() -> None:
    make_subscription(filter='$[?($.name == "payroll")]')
    emit("payroll")
    emit("other")

    dispatch()

    assert [row.input["name"] for row in Invocation.objects.all()] == ["payroll"]


def test_a_filter_that_fails_leaves_a_row_that_says_so() -> None:
    make_subscription(filter="$..*..*..*")
    emit()
    Event.objects.update(payload={"name": "x", "wide": [list(range(200))] * 200})

    dispatch()

    row = Invocation.objects.get()
    assert (row.state, row.due_at) == ("skipped", None)
    assert row.completed_at is not None
    assert Attempt.objects.get(invocation=row).outcome == "skipped"


def test_what_nobody_listens_to_does_not_wait() -> None:
    emit(type_id="vault:secret-read")

    assert dispatch() == 1

    assert outbox.backlog() == 0
    assert not Invocation.objects.exists()


def test_events_that_commit_late_are_not_passed_over() -> None:
    make_subscription()
    emit("first")
    dispatch()
    old = timezone.now() - timedelta(hours=1)
    Event.objects.create(
        id=UUID(int=int(old.timestamp() * 1000) << 80),
        type=CREATED,
        payload={"name": "late"},
        actor_id=actors.system().user_id,
        created_at=old,
    )

    dispatch()

    assert {row.input["name"] for row in Invocation.objects.all()} == {"first", "late"}
