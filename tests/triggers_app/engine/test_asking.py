"""Questions that a request waits for."""

from __future__ import annotations

from datetime import timedelta
from threading import Event
from typing import Any

import orjson
import pytest
from django.db import transaction
from django.utils import timezone

from tests.receiver import Receiver, Reply
from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app.engine import asking, claims
from triggers_app.models import Attempt, Invocation, SubscriptionHealth

pytestmark = pytest.mark.django_db(transaction=True)
YES = {"approved": True, "comment": "", "approver": "lena"}


def ask(receiver: Receiver, **fields: Any) -> Invocation:
    subscription = make_subscription(
        url=receiver.url, mode="SYNC", trigger="vault:secret-read-approval", kind="REQUEST_RESPONSE"
    )
    return make_invocation(subscription=subscription, is_gate=True, **fields)


def test_the_answer_comes_back_at_once(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(200, orjson.dumps(YES))

    row = asking.deliver_and_wait(ask(receiver).pk)

    assert (row.state, row.output) == ("completed", YES)
    assert Attempt.objects.get().outcome == "accepted"


def test_silence_is_a_failure_and_bounded(receiver: Receiver) -> None:
    enough = Event()

    def stay_silent(_received: object) -> Reply:
        enough.wait(30)
        return Reply()

    receiver.answer = stay_silent
    row = asking.deliver_and_wait(ask(receiver).pk)

    enough.set()
    assert (row.state, row.output) == ("failed", None)
    assert Attempt.objects.get().outcome == "timeout"


def test_nobody_is_asked_inside_a_transaction(receiver: Receiver) -> None:
    invocation = ask(receiver)

    with transaction.atomic(), pytest.raises(RuntimeError):
        asking.deliver_and_wait(invocation.pk)

    assert receiver.requests == []


def test_an_open_circuit_fails_at_once(receiver: Receiver) -> None:
    invocation = ask(receiver)
    later = timezone.now() + timedelta(minutes=1)
    SubscriptionHealth.objects.update(circuit="open", open_until=later)

    row = asking.deliver_and_wait(invocation.pk)

    assert (row.state, receiver.requests) == ("failed", [])
    assert Attempt.objects.get().outcome == "skipped"


def test_what_a_worker_has_taken_is_awaited(receiver: Receiver) -> None:
    invocation = ask(receiver)
    assert claims.claim_one(invocation.pk, invocation.pk) is not None

    row = asking.deliver_and_wait(invocation.pk, seconds=0.1)

    assert (row.state, row.completed_at, receiver.requests) == ("queued", None, [])
