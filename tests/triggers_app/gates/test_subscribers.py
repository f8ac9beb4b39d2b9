"""A subscriber decides: its answer, its silence, its failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from secrets_app.records import Written
from tests.factories import as_member, make_role
from tests.triggers_app.factories import make_subscription
from tests.triggers_app.gates.cast import TRIGGER, again, asked, make_gate, read
from triggers_app import settling
from triggers_app.models import Gate, Invocation, Pending, Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import completion, subscriptions
from vaultportal.errors import Forbidden, Unavailable
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def subscribed() -> Callable[..., Gate]:
    """A gate that a subscriber answers later, by a call of its own."""

    def make(**fields: Any) -> Gate:
        make_subscription(trigger=TRIGGER, kind="REQUEST_RESPONSE", mode="ASYNC", **fields)
        return make_gate()

    return make


def answered(pending: Pending, output: Any) -> None:
    assert pending.invocation_id is not None
    everything = Invocation.objects.all()
    assert settling.complete(everything, pending.invocation_id, timezone.now(), output)


def test_a_subscriber_allows_later(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    pending = asked(reader, secret)
    assert pending.invocation is not None
    question = pending.invocation.input
    assert (question["id"], question["version"]) == (str(secret.id), 1)
    assert "plaintext" not in str(question)

    answered(pending, {"approved": True, "comment": "ok", "approver": "mara"})

    assert read(reader, secret).payload is not None
    pending.refresh_from_db()
    assert (pending.state, pending.approver_name) == ("used", "mara")


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ({"approved": False, "comment": "no"}, "gate.denied"),
        ({"approved": "true"}, "gate.denied"),
        ({}, "gate.denied"),
        (None, "gate.denied"),
    ],
)
def test_anything_but_a_yes_is_a_no(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate], output: Any, reason: str
) -> None:
    subscribed()
    answered(asked(reader, secret), output)

    with pytest.raises(Forbidden) as refusal:
        read(reader, secret)

    assert refusal.value.reason == reason


def test_a_subscriber_may_not_let_the_one_who_asked_approve(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    answered(asked(reader, secret), {"approved": True, "approver": reader.name.upper()})

    with pytest.raises(Forbidden, match="The one who asked"):
        read(reader, secret)


def test_a_delivery_that_failed_or_expired_denies(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    for state, reason in (("failed", "gate.failed"), ("expired", "gate.expired")):
        pending = asked(reader, secret)
        settling.fail(
            Invocation.objects.filter(pending=pending),
            timezone.now(),
            "The subscriber did not answer.",
            state=Invocation.State(state),
        )
        with pytest.raises(Forbidden) as refusal:
            read(reader, secret)
        assert refusal.value.reason == reason


def test_without_a_subscriber_or_with_a_filter_that_lets_it_pass_nobody_is_asked(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    make_gate()
    assert read(reader, secret).payload is not None

    make_subscription(
        trigger=TRIGGER, kind="REQUEST_RESPONSE", mode="ASYNC", filter='$[?($.name == "other")]'
    )
    assert read(reader, secret).payload is not None


def test_a_subscriber_that_the_portal_switched_off_lets_nothing_pass(
    reader: Actor, secret: Written
) -> None:
    make_gate()
    fields = {"trigger": TRIGGER, "kind": "REQUEST_RESPONSE", "mode": "ASYNC", "enabled": False}
    made = make_subscription(disabled_reason="gone", disabled_at=timezone.now(), **fields)

    with pytest.raises(Unavailable):
        read(reader, secret)

    made.disabled_reason = ""
    made.save()
    assert read(reader, secret).payload is not None


def test_who_answers_for_a_gate_is_the_business_of_who_may_change_gates(
    subscribed: Callable[..., Gate],
) -> None:
    subscribed()
    subscription = Subscription.objects.get()
    role = make_role(permissions=[*SubscriptionPermission])
    keeper = as_member(role)

    with pytest.raises(Forbidden):
        subscriptions.set_enabled(keeper, str(subscription.pk), enabled=False)
    with pytest.raises(Forbidden):
        subscriptions.delete_subscription(keeper, str(subscription.pk))

    subscription.refresh_from_db()
    assert subscription.enabled


def test_the_one_who_asked_does_not_complete_the_question(
    reader: Actor, secret: Written, subscribed: Callable[..., Gate]
) -> None:
    subscribed()
    pending = asked(reader, secret)
    assert pending.invocation is not None
    answer = {"approved": True, "comment": "", "approver": "somebody"}

    with pytest.raises(Forbidden) as own:
        completion.complete_invocation(
            again(reader), str(pending.invocation_id), str(pending.invocation.secret), answer
        )

    assert own.value.reason == "gate.own"
    pending.refresh_from_db()
    assert pending.state == "waiting"
