"""What the palette, the overview and the administration find of events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin as console
from django.db import connection
from django.utils import timezone

from tests.factories import actor_of, as_admin, as_member, as_stranger, make_person, make_role
from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app import lookups, samples, standings
from triggers_app.engine import replaying
from triggers_app.gates import queue, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Invocation, Pending, Subscription, SubscriptionHealth
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from triggers_app.ui import findings
from vaultportal.errors import Forbidden
from vaultportal.identity import access

pytestmark = pytest.mark.django_db

QUESTION = "vault:secret-read-approval"


SOURCES = (
    findings.subscriptions,
    findings.triggers,
    findings.invocations,
    findings.questions,
    findings.actions,
)


def labels(actor: Any, words: str) -> list[str]:
    return [found.label for search in SOURCES for found in search(actor, words, 6)]


def pending(role: Any) -> Pending:
    gate = rules.add_gate(
        as_admin(),
        GateFields(name="night", trigger=QUESTION, approval="people", approvers=(role.uuid,)),
    )
    now = timezone.now()
    return Pending.objects.create(
        gate=gate, trigger=QUESTION, operation="secret.read", actor_id=uuid4(), actor_name="lena",
        object_kind="secret", object_id="1", object_name="payroll", request_digest=b"1" * 32,
        created_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip


def test_the_palette_finds_what_one_may_know_of() -> None:
    row = make_subscription(name="billing-sync")
    invocation = make_invocation(subscription=row)
    admin, stranger = as_admin(), as_stranger()

    assert "billing-sync" in labels(admin, "billing")
    assert "Secret created" in labels(admin, "secret cr")
    assert "billing-sync" in labels(admin, str(invocation.pk))
    assert "New subscription" in labels(admin, "new sub")
    for words in ("billing", "secret cr", str(invocation.pk), "new sub"):
        assert labels(stranger, words) == []


def test_a_question_is_found_by_who_may_decide_it() -> None:
    role = make_role()
    pending(role)

    assert "payroll" in labels(as_member(role), "payr")
    assert labels(as_stranger(), "payr") == []
    (need,) = findings.undecided(as_member(role))
    assert "lena waits for your word on payroll" in need.text
    assert not list(findings.undecided(as_stranger()))


def test_what_does_not_deliver_asks_for_attention(django_assert_num_queries: Any) -> None:
    make_subscription()
    for name, fields in (("gone", {"enabled": False, "disabled_reason": "gone"}), ("down", {})):
        row = make_subscription(name=name, **fields)
        SubscriptionHealth.objects.filter(pk=row.pk).update(
            circuit="open", consecutive_failures=7, last_failure_at=timezone.now()
        )
    admin = as_admin()

    with django_assert_num_queries(1):
        needs = {need.text: need.state for need in findings.ailing(admin)}

    assert needs == {
        "The subscription gone is switched off": "bad",
        "The subscription down is failing": "warn",
    }
    assert not list(findings.ailing(as_stranger()))


def test_the_overview_counts_the_last_day(django_assert_num_queries: Any) -> None:
    row = make_subscription()
    done = {"due_at": None, "completed_at": timezone.now()}
    for _ in range(3):
        make_invocation(subscription=row, state="completed", **done)
    make_invocation(subscription=row, state="failed", error_message="x", **done)
    make_invocation(subscription=row, is_test=True)
    admin = as_admin()

    with django_assert_num_queries(1):
        told = findings.deliveries(admin)

    assert told is not None
    assert (told.value, told.detail) == ("4", "in 24 hours, 75.0 % went well")
    assert told.points[-1] == 4 and len(told.points) == standings.HOURS
    assert findings.deliveries(as_stranger()) is None


def test_what_is_counted_for_a_replay_is_what_it_takes() -> None:
    done = {"state": "failed", "due_at": None, "completed_at": timezone.now(), "error_message": "x"}
    row = make_subscription()
    for fields in ({}, {"is_test": True}, {"replay_of": uuid4()}, {"kind": "REQUEST_RESPONSE"}):
        make_invocation(subscription=row, **done, **fields)
    make_invocation(subscription=row)
    admin = as_admin()
    choice = replaying.Choice(until=timezone.now(), subscription_id=row.pk)

    counted = lookups.replayable(admin, choice).count()
    job = replaying.start(admin, choice)
    assert (findings.running(admin), findings.running(as_stranger())) == (1, 0)
    replaying.run(job.pk)

    job.refresh_from_db()
    assert counted == job.total == 1
    assert findings.running(admin) == 0


def test_without_the_right_nothing_is_counted_or_shown() -> None:
    stranger = as_stranger()

    assert samples.recent(stranger, "vault:secret-created") == []
    with pytest.raises(Forbidden):
        lookups.replayable(stranger, replaying.Choice())
    with pytest.raises(Forbidden):
        standings.by_hour(stranger)


def test_questions_are_shown_to_who_sees_the_log_or_changes_what_answers_them() -> None:
    row = make_subscription(trigger=QUESTION, kind="REQUEST_RESPONSE", mode="ASYNC")
    make_invocation(subscription=row)
    adder = as_member(make_role(permissions=[SubscriptionPermission.ADD]))
    reader = as_member(make_role(permissions=[InvocationPermission.VIEW]))
    owner = make_person()
    assert samples.recent(actor_of(owner), QUESTION) == []
    access.grant(as_admin(), owner, SubscriptionPermission.OWN, row)

    assert samples.recent(adder, QUESTION) == []
    assert len(samples.recent(reader, QUESTION)) == 1
    assert len(samples.recent(actor_of(owner), QUESTION)) == 1


def test_rows_of_the_administration_lead_to_their_pages() -> None:
    row = make_invocation()

    of_invocation = console.site._registry[Invocation].get_view_on_site_url(row)
    of_subscription = console.site._registry[Subscription].get_view_on_site_url(row.subscription)
    health = SubscriptionHealth.objects.get(pk=row.subscription_id)
    of_health = console.site._registry[SubscriptionHealth].get_view_on_site_url(health)

    assert of_invocation == f"/events/invocations/{row.pk}/"
    assert of_subscription == f"/events/subscriptions/{row.subscription_id}/"
    assert of_health == of_subscription


def test_roles_are_named_without_a_look_at_who_holds_them(django_assert_num_queries: Any) -> None:
    live, retired = make_role(), make_role(deleted_at=timezone.now())
    admin = as_admin()

    with django_assert_num_queries(1) as captured:
        names = lookups.named_roles(admin)

    assert (live.uuid, live.name) in names
    assert retired.uuid not in dict(names)
    assert "membership" not in captured.captured_queries[0]["sql"]


def test_a_search_for_questions_is_led_by_an_index(django_assert_num_queries: Any) -> None:
    admin = as_admin()

    with django_assert_num_queries(1) as captured:
        assert queue.find(admin, "payr_ll%", 6) == []

    # So few rows are read as they lie, but by what can be led by the index.
    told = captured.captured_queries[0]["sql"]
    assert 'UPPER("triggers_app_pending"."object_name"::text) LIKE' in told
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'pending_object_trigrams'"
        )
        assert "upper((object_name)::text) gin_trgm_ops" in cursor.fetchone()[0]
