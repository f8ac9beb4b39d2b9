"""Pages of events: triggers, subscriptions, invocations, gates, requests for a decision."""

from __future__ import annotations

from tests.ui.rows.row import Row

ROWS = (
    Row("triggers", "/events/triggers/", "triggers:catalogue"),
    Row("trigger-asks", "/events/triggers/vault:object-read-approval/", "triggers:trigger"),
    Row("subscriptions", "/events/subscriptions/", "triggers:subscriptions"),
    Row("subscriptions-nothing", "/events/subscriptions/?q=zzzzzz", "triggers:subscriptions"),
    Row(
        "subscription-new",
        "/events/subscriptions/new/?trigger=vault:secret-read",
        "triggers:subscription_new",
    ),
    Row("subscription", "/events/subscriptions/{subscription}/", "triggers:subscription"),
    Row(
        "subscription-edit",
        "/events/subscriptions/{subscription}/edit/",
        "triggers:subscription_edit",
    ),
    Row(
        "subscription-switch",
        "/events/subscriptions/{subscription}/switch/",
        "triggers:subscription_switch",
    ),
    Row(
        "subscription-rotate",
        "/events/subscriptions/{subscription}/secret/",
        "triggers:subscription_secret",
    ),
    Row(
        "subscription-secret",
        "/events/subscriptions/{subscription}/secret/",
        "triggers:subscription_secret",
        form=(("overlap", "0"),),
    ),
    Row("invocations", "/events/invocations/", "triggers:invocations"),
    Row("invocation", "/events/invocations/{invocation}/", "triggers:invocation"),
    Row("invocation-gate", "/events/invocations/{question}/", "triggers:invocation"),
    Row(
        "invocation-complete",
        "/events/invocations/{question}/complete/",
        "triggers:invocation_complete",
    ),
    Row(
        "replay-all",
        "/events/invocations/replay/?subscription={subscription}",
        "triggers:replay_all",
    ),
    Row("replay", "/events/invocations/replays/{replay}/", "triggers:replay"),
    Row("gates", "/events/gates/", "triggers:gates"),
    Row("gate-new", "/events/gates/new/", "triggers:gate_new"),
    Row("gate", "/events/gates/{gate}/", "triggers:gate"),
    Row("approvals", "/access/requests/?tab=all", "triggers:approvals"),
    Row("approvals-to-decide", "/access/requests/", "triggers:approvals"),
    Row("approval", "/access/requests/{approval}/", "triggers:approval"),
)
# Posts alone; and confirmations, which are the kit's.
ELSEWHERE: set[str] = {
    "triggers:gate_delete",
    "triggers:invocation_replay",
    "triggers:invocation_retry",
    "triggers:subscription_delete",
    "triggers:subscription_test",
    "triggers:subscription_try",
}
# All of it is at rest: nothing is due, so nothing is sent while the pages are looked at.
SEED = """
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from triggers_app.gates import rules
from triggers_app.models import (
    Attempt, Invocation, Pending, ReplayJob, Subscription, SubscriptionHealth,
)
from vaultportal.events import catalog
from vaultportal.identity.models import Role
now = timezone.now()
word = random.token_hex(4)
row = Subscription.objects.create(
    name="billing-sync-" + word, url="https://hooks.billing.example.com/v1",
    trigger="vault:secret-read", kind="FIRE_AND_FORGET",
    filter='$[?($.vault.name == "finance")]', enabled=False, disabled_reason="failing",
    disabled_at=now,
    signing_secret="whsec_" + "A" * 44, author_id=actor.user_id, updated_by_id=actor.user_id,
    created_at=now, updated_at=now,
)
SubscriptionHealth.objects.create(
    subscription=row, consecutive_failures=52, failing_since=now - timedelta(days=5),
    last_failure_at=now,
)
example = catalog.get(row.trigger).example


def invocation(**fields):
    valid = dict(
        trigger=row.trigger, kind=row.kind, subscription=row, subscription_name=row.name,
        mode="SYNC", input=example, created_at=now,
    )
    return Invocation.objects.create(**{**valid, **fields})


def attempt(of, number, **fields):
    valid = dict(
        invocation=of, number=number, at=now - timedelta(seconds=30 - 10 * number), url=row.url,
        outcome="refused", status=503, duration_ms=1900, response_body="overloaded",
        request_headers={"Content-Type": "application/json", "webhook-signature": "***"},
        response_headers={"retry-after": "42"},
        error="The subscriber answered with status 503.",
    )
    Attempt.objects.create(**{**valid, **fields})


late = now + timedelta(days=7)
flying = invocation(is_test=True, attempts=2, due_at=late)
attempt(flying, 1)
attempt(flying, 2, outcome="timeout", status=None, duration_ms=10000, response_body="",
        error="The subscriber did not answer in time.")
for number in range(3):
    done = invocation(
        state="failed" if number else "completed", completed_at=now, attempts=1,
        error_message="The subscriber answered with status 503." if number else None,
    )
    attempt(done, 1, **({} if number else dict(outcome="accepted", status=200, error="")))
question = invocation(
    trigger="vault:object-read-approval", kind="REQUEST_RESPONSE", mode="ASYNC", is_gate=True,
    subscription=None, subscription_name="night approvals", state="waiting", deadline=late,
    input=catalog.get("vault:object-read-approval").example, attempts=1, acknowledged_at=now,
)
role = Role.objects.create(name="deciders-" + word)
gate = rules.add_gate(actor, rules.GateFields(
    name="Secrets of " + word, trigger="vault:secret-read-approval", approval="people",
    approvers=(role.uuid,), objects=(("secret", str(uuid4())),), enabled=False,
))

for trigger, kind, names in (
    ("vault:secret-read-approval", "secret", ("secret_held", "secret_gated")),
    ("vault:object-read-approval", "collection", ("gated_id",)),
    ("vault:endpoint-install-approval", "machine", ("s3_gated",)),
):
    rules.add_gate(actor, rules.GateFields(
        name="Held " + kind + " " + word, trigger=trigger, approval="people",
        approvers=(role.uuid,), objects=tuple((kind, str(things[each])) for each in names),
    ))


def pending(**fields):
    valid = dict(
        gate=gate, trigger=gate.trigger, operation="secret.read", actor_id=actor.user_id,
        actor_name=actor.name, object_kind="secret", object_id=str(uuid4()),
        object_name="prod/psp-live", object_version="1", request_digest=random.token_bytes(32),
        reason="IncidentResponse", created_at=now, expires_at=late,
        details={"vault": {"id": "12", "name": "finance"}, "version": "1"},
    )
    return Pending.objects.create(**{**valid, **fields})


pending(
    gate=None, invocation=question, trigger=question.trigger, operation="token.detokenize",
    object_kind="collection", object_name="customers", actor_id=uuid4(), actor_name="crm-export",
)
job = ReplayJob.objects.create(
    author_id=actor.user_id, until=now, subscription_id=row.pk, states=["failed"], state="done",
    total=2, done=2, started_at=now, finished_at=now,
)
things["approval"] = pending().pk
things["subscription"], things["invocation"] = row.pk, flying.pk
things["question"], things["replay"], things["gate"] = question.pk, job.pk, gate.pk
"""
