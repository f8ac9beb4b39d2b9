"""Subscriptions that are switched off, their log, gates, and what waits before one of them.

Their signing secrets are copies that open for the first one alone; no list opens them.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from bench.lists.copying import ids_since, repeat
from bench.lists.world import World
from triggers_app.gates import rules
from triggers_app.models import (
    Attempt,
    Gate,
    Invocation,
    Pending,
    Subscription,
    SubscriptionHealth,
)

MODELS = (Subscription, SubscriptionHealth, Invocation, Attempt, Pending)
TRIGGER = "vault:secret-created"
RARE = "made.n::int % 1000 = 2"
STATE = f"CASE WHEN {RARE} THEN 'expired' ELSE 'completed' END"
ERROR = f"CASE WHEN {RARE} THEN 'Nobody answered in time.' END"
# One in a hundred waits for a decision; one in ten was asked by who looks.
DECISION = f"""CASE WHEN {RARE} THEN 'failed' WHEN made.n::int % 100 = 0 THEN 'waiting'
    ELSE 'denied' END"""


def begin(world: World) -> None:
    """The rows that the others vary."""
    now = timezone.now()
    person = world.person.pk
    row = Subscription.objects.create(
        name=f"a-{world.word}",
        url="https://hooks.example.com/v1",
        trigger=TRIGGER,
        kind="FIRE_AND_FORGET",
        enabled=False,
        signing_secret="whsec_" + "A" * 44,
        author_id=person,
        updated_by_id=person,
        created_at=now,
        updated_at=now,
    )
    SubscriptionHealth.objects.create(subscription=row)
    done = Invocation.objects.create(
        trigger=TRIGGER,
        kind=row.kind,
        subscription=row,
        subscription_name=row.name,
        mode="SYNC",
        state=Invocation.State.COMPLETED,
        attempts=1,
        input={},
        completed_at=now,
        created_at=now,
    )
    Attempt.objects.create(
        invocation=done, number=1, at=now, outcome="accepted", status=200, duration_ms=12
    )
    gate = rules.add_gate(
        world.actor,
        rules.GateFields(
            name=f"gate-{world.word}",
            trigger="vault:secret-read-approval",
            approval="people",
            approvers=(world.role.uuid,),
            objects=(("secret", str(uuid4())),),
            enabled=False,
        ),
    )
    Pending.objects.create(
        gate=gate,
        trigger=gate.trigger,
        operation="secret.read",
        actor_id=world.other.pk,
        actor_name="Jonas Weber",
        object_kind="secret",
        object_id="0",
        object_name="prod/psp-live",
        request_digest=bytes(32),
        state=Pending.State.WAITING,
        created_at=now,
        expires_at=now + timedelta(days=3650),
    )


def fill(world: World, wanted: range) -> None:
    """A subscription, an invocation with its attempt and a question, for each number."""
    start, person = wanted.start, world.person.pk
    row = Subscription.objects.get(name=f"a-{world.word}")
    ids = ids_since(world.since, wanted, world.step)
    repeat(row, ids, start, name="'subscription-' || made.n")
    repeat(row.health, ids, start)
    done = Invocation.objects.filter(subscription_id=row.pk).order_by("pk")[0]
    repeat(done, ids, start, state=STATE, error_message=ERROR)
    repeat(done.tries.get(), ids, start, invocation_id="made.id")
    first = Pending.objects.filter(actor_id=world.other.pk).order_by("pk")[0]
    mine = f"CASE WHEN made.n::int % 10 = 1 THEN '{person}'::uuid ELSE t.actor_id END"
    repeat(first, ids, start, actor_id=mine, state=DECISION, object_id="'s' || made.n")
    now = timezone.now()
    Gate.objects.bulk_create(
        Gate(
            name=f"gate-{world.word}-{number}",
            trigger="vault:secret-read-approval",
            operations=["secret.read"],
            enabled=False,
            author_id=person,
            updated_by_id=person,
            created_at=now,
            updated_at=now,
        )
        for number in world.few(wanted)
    )
