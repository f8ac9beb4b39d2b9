"""From a row to a receiver and back: what is sent, and what each answer makes of the row."""

from __future__ import annotations

import base64
import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from tests.receiver import Receiver, Reply
from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app import settling
from triggers_app.engine import claims, log, pump, settlement
from triggers_app.engine.crew import send
from triggers_app.engine.preparing import prepare
from triggers_app.models import Attempt, Invocation, Subscription
from vaultportal.events.models import Event
from vaultportal.outbound import current_rules

pytestmark = pytest.mark.django_db
State = Invocation.State
ASKS: dict[str, Any] = {"trigger": "vault:secret-read-approval", "kind": "REQUEST_RESPONSE"}
SECRET = "3f0c9a41-d7e8-4c5b-a3a1-f2b8e6d4c790"
YES = {"approved": True, "comment": "on call", "approver": "lena"}


def deliver(invocation: Invocation) -> Invocation:
    """Let the pump run until nothing is due; the row as it is then."""
    assert not pump.run(), "there was work for more than the time of a run"
    return Invocation.objects.get(pk=invocation.pk)


def question(receiver: Receiver, mode: str, **fields: Any) -> Invocation:
    subscription = make_subscription(url=receiver.url, mode=mode, **ASKS)
    if mode != "SYNC":
        deadline = timezone.now() + timedelta(hours=1)
        fields = {"secret": SECRET, "deadline": deadline} | fields
    return make_invocation(subscription=subscription, **fields)


def test_what_is_told_arrives_signed_and_is_done(receiver: Receiver) -> None:
    subscription = make_subscription(url=f"{receiver.url}/in?a=b")
    invocation = make_invocation(subscription=subscription)

    row = deliver(invocation)

    (received,) = receiver.requests
    assert (received.method, received.path) == ("POST", "/in?a=b")
    payload = Webhook(subscription.signing_secret).verify(received.body, received.headers)
    assert payload.pop("_metadata") == {
        "invocationId": str(invocation.pk),
        "triggerId": "vault:secret-created",
        "triggerType": "fireAndForget",
    }
    assert payload == invocation.input
    assert received.headers["webhook-id"] == str(invocation.pk)
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"].startswith("VaultPortal-Triggers/")
    assert "authorization" not in received.headers
    assert (row.state, row.output, row.error_message) == (State.COMPLETED, None, None)
    attempt = Attempt.objects.get(invocation=row)
    assert (attempt.number, attempt.outcome, attempt.status) == (1, "accepted", 200)
    assert attempt.request_headers["webhook-signature"] == "***"


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        (
            {
                "authentication": "BASIC_AUTH",
                "user_name": "va\u00fclt",
                "credential": "p:w\u00f6rd",
            },
            "Basic " + base64.b64encode("va\u00fclt:p:w\u00f6rd".encode()).decode(),
        ),
        ({"authentication": "BEARER_TOKEN", "credential": "t0ken"}, "Bearer t0ken"),
    ],
)
def test_credentials_go_out_and_into_no_log(
    receiver: Receiver, fields: dict[str, str], header: str
) -> None:
    receiver.answer = lambda received: Reply(
        500, orjson.dumps(received.headers), {"X-Echo": received.headers["authorization"]}
    )
    subscription = make_subscription(url=receiver.url, **fields)

    deliver(make_invocation(subscription=subscription))

    assert receiver.requests[0].headers["authorization"] == header
    logged = orjson.dumps(
        list(Attempt.objects.values("request_headers", "response_headers", "response_body"))
    ).decode()
    for word in (fields["credential"], header.split()[1]):
        assert word not in logged
    assert "***" in logged


@pytest.mark.parametrize(
    ("mode", "metadata"),
    [
        ("SYNC", {"responseMode": "sync"}),
        ("ASYNC", {"responseMode": "async", "secret": SECRET}),
        ("DYNAMIC", {"responseMode": "async", "secret": SECRET}),
    ],
)
def test_a_question_says_how_it_may_be_answered(
    receiver: Receiver, settings: Settings, mode: str, metadata: dict[str, str]
) -> None:
    settings.PUBLIC_BASE_URL = "https://vault.example.org/base"
    invocation = question(receiver, mode)

    deliver(invocation)

    expected = {
        "invocationId": str(invocation.pk),
        "triggerId": "vault:secret-read-approval",
        "triggerType": "requestResponse",
    } | metadata
    if mode != "SYNC":
        path = f"/beta/trigger-invocations/{invocation.pk}/complete"
        expected["callbackURL"] = f"https://vault.example.org/base{path}"
    assert orjson.loads(receiver.requests[0].body)["_metadata"] == expected


@pytest.mark.parametrize(
    ("mode", "status", "body", "state", "output"),
    [
        ("SYNC", 200, YES, State.COMPLETED, YES),
        ("SYNC", 200, {"approved": "yes"}, State.FAILED, None),
        ("SYNC", 200, [YES], State.FAILED, None),
        ("SYNC", 200, b"<html>", State.FAILED, None),
        ("SYNC", 200, b"", State.FAILED, None),
        ("SYNC", 202, YES, State.FAILED, None),
        ("SYNC", 204, b"", State.FAILED, None),
        ("SYNC", 302, YES, State.FAILED, None),
        ("SYNC", 500, YES, State.FAILED, None),
        ("ASYNC", 200, YES, State.WAITING, None),
        ("ASYNC", 204, b"", State.WAITING, None),
        ("ASYNC", 400, b"", State.FAILED, None),
        ("ASYNC", 301, b"", State.FAILED, None),
        ("ASYNC", 503, b"", State.QUEUED, None),
        ("ASYNC", 429, b"", State.QUEUED, None),
        ("DYNAMIC", 200, YES, State.COMPLETED, YES),
        ("DYNAMIC", 200, b"{}", State.FAILED, None),
        ("DYNAMIC", 202, YES, State.WAITING, None),
        ("DYNAMIC", 404, b"", State.FAILED, None),
        ("DYNAMIC", 408, b"", State.QUEUED, None),
    ],
)
def test_what_an_answer_means_for_a_question(
    receiver: Receiver,
    mode: str,
    status: int,
    body: object,
    state: str,
    output: object,
) -> None:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    receiver.answer = lambda _received: Reply(status, raw)

    row = deliver(question(receiver, mode))

    assert (row.state, row.output) == (state, output)
    assert len(receiver.requests) == 1
    assert (row.completed_at is None) == (state in {State.WAITING, State.QUEUED})
    assert (row.acknowledged_at is None) == (state != State.WAITING)
    if row.completed_at is not None:
        assert row.secret is None
        assert (row.error_message is None) == (state == State.COMPLETED)


@pytest.mark.parametrize("status", [301, 400, 404, 500, 503])
def test_what_is_told_comes_again_later(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _received: Reply(status)

    row = deliver(make_invocation(subscription=make_subscription(url=receiver.url)))

    assert (row.state, row.attempts, row.leased_by) == (State.QUEUED, 1, None)
    assert row.due_at is not None
    wait = (row.due_at - timezone.now()).total_seconds()
    assert 2 < wait <= 6  # five seconds, give or take a fifth, and the time of this test


@pytest.mark.parametrize("as_date", [False, True])
def test_a_receiver_may_say_when(receiver: Receiver, *, as_date: bool) -> None:
    moment = timezone.now() + timedelta(seconds=600)
    value = format_datetime(moment, usegmt=True) if as_date else "600"
    receiver.answer = lambda _received: Reply(429, headers={"Retry-After": value})

    row = deliver(make_invocation(subscription=make_subscription(url=receiver.url)))

    assert row.due_at is not None
    assert 540 < (row.due_at - timezone.now()).total_seconds() <= 601


def test_every_attempt_is_the_same_message(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(500)
    subscription = make_subscription(url=receiver.url)
    invocation = make_invocation(subscription=subscription)
    for _ in range(3):
        deliver(invocation)
        Invocation.objects.update(due_at=timezone.now())

    bodies = {received.body for received in receiver.requests}
    assert len(receiver.requests) == 3
    assert len(bodies) == 1
    assert {each.headers["webhook-id"] for each in receiver.requests} == {str(invocation.pk)}
    assert list(Attempt.objects.order_by("id").values_list("number", flat=True)) == [1, 2, 3]


def test_after_the_last_attempt_it_has_failed(receiver: Receiver, settings: Settings) -> None:
    settings.TRIGGERS_RETRY_SCHEDULE = [0.0, 0.0]
    receiver.answer = lambda _received: Reply(503)

    row = deliver(make_invocation(subscription=make_subscription(url=receiver.url)))

    assert (row.state, row.attempts) == (State.FAILED, 2)
    assert row.error_message == "The subscriber answered with status 503."
    assert row.completed_at is not None


def test_gone_switches_the_subscription_off_and_is_told(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(410)
    subscription = make_subscription(url=receiver.url)
    other = make_invocation(subscription=subscription, due_at=timezone.now() + timedelta(hours=1))

    row = deliver(make_invocation(subscription=subscription))

    subscription.refresh_from_db()
    assert (row.state, subscription.enabled, subscription.disabled_reason) == (
        State.FAILED,
        False,
        Subscription.Disabled.GONE,
    )
    told = Event.objects.get(type="vault:subscription-disabled").payload
    assert (told["id"], told["reason"]) == (str(subscription.pk), "gone")
    Invocation.objects.filter(pk=other.pk).update(due_at=timezone.now())
    assert deliver(other).state == State.SKIPPED
    assert Attempt.objects.get(invocation=other).outcome == "skipped"


def test_a_test_reaches_a_disabled_subscription(receiver: Receiver) -> None:
    subscription = make_subscription(url=receiver.url, enabled=False)

    told = deliver(make_invocation(subscription=subscription))
    tested = deliver(make_invocation(subscription=subscription, is_test=True))

    assert (told.state, tested.state) == (State.SKIPPED, State.COMPLETED)


def test_a_forbidden_address_is_blocked_and_logged(receiver: Receiver, settings: Settings) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = []

    row = deliver(make_invocation(subscription=make_subscription(url=receiver.url)))

    assert row.state == State.QUEUED
    attempt = Attempt.objects.get(invocation=row)
    assert (attempt.outcome, attempt.status) == ("blocked", None)
    assert receiver.connections == 0


def test_nobody_there_is_logged_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    row = deliver(make_invocation(subscription=make_subscription(url=url)))

    assert row.state == State.QUEUED
    assert Attempt.objects.get(invocation=row).outcome == "broken"


def test_a_huge_answer_is_capped_and_kept_clean(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(200, b"\x00\xff" + b"x" * 1_000_000)

    row = deliver(make_invocation(subscription=make_subscription(url=receiver.url)))

    assert row.state == State.COMPLETED
    body = Attempt.objects.get(invocation=row).response_body
    assert len(body) == log.MAX_BODY
    assert "\x00" not in body


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    target = f"{receiver.url}/elsewhere"
    receiver.answer = lambda _received: Reply(307, headers={"Location": target})

    deliver(make_invocation(subscription=make_subscription(url=receiver.url)))

    assert [each.path for each in receiver.requests] == ["/"]


def test_an_answer_after_the_completion_changes_nothing(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(200, orjson.dumps({"approved": False}))
    invocation = question(receiver, "DYNAMIC")
    (claim,) = claims.claim(uuid4(), 1, gates=False)
    ((_, request),) = prepare([claim], timezone.now())
    sent = send(claim, request, current_rules())

    assert settling.complete(Invocation.objects.all(), invocation.pk, timezone.now(), YES)
    settlement.settle([sent])

    invocation.refresh_from_db()
    assert (invocation.state, invocation.output) == (State.COMPLETED, YES)
    assert Attempt.objects.filter(invocation=invocation).count() == 1


def test_an_answer_after_the_deadline_does_not_count(receiver: Receiver) -> None:
    receiver.answer = lambda _received: Reply(200, orjson.dumps(YES))
    invocation = question(receiver, "DYNAMIC")
    (claim,) = claims.claim(uuid4(), 1, gates=False)
    ((_, request),) = prepare([claim], timezone.now())
    sent = send(claim, request, current_rules())
    Invocation.objects.update(deadline=timezone.now() - timedelta(seconds=1))

    settlement.settle([sent])
    row = deliver(invocation)

    assert (row.state, row.output) == (State.EXPIRED, None)
