"""What a person may do with a delivery that has no outcome yet: hurry it, or answer for others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from triggers_app import schemas, settling, storable
from triggers_app.engine import ringing
from triggers_app.gates import decisions
from triggers_app.models import Gate, Invocation, Kind, Mode, Subscription, SubscriptionHealth
from triggers_app.permissions import GatePermission, InvocationPermission
from vaultportal import trail
from vaultportal.api.wire import invalid
from vaultportal.errors import Conflict, NotFound
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.permissions import PermissionEnum
from vaultportal.trail import Target

Circuit = SubscriptionHealth.Circuit
MAX_ERROR = 4000


def is_hurried(row: Invocation, subscription: Subscription | None) -> bool:
    """Whether its next attempt can be made at once.

    Not while one is being made, and not where the subscription is off: what is due then is
    dropped. A question that is answered in the response is put only once.
    """
    asks_at_once = row.kind == Kind.REQUEST_RESPONSE and row.mode == Mode.SYNC
    return (
        row.state == Invocation.State.QUEUED
        and row.lease_until is None
        and not (asks_at_once and row.attempts)
        and subscription is not None
        and (subscription.enabled or row.is_test)
    )


@trail.unit()
def retry_now(actor: Actor, invocation_id: UUID) -> Invocation:
    """Make the next attempt at once; a pause of its endpoint ends with it.

    Raises:
        Forbidden: without the right to deliver once more.
        NotFound: there is none.
        Conflict: it has an outcome, is being sent, or its subscription is off.
    """
    access.require(actor, InvocationPermission.REPLAY, Invocation)
    rows = Invocation.objects.select_for_update().filter(pk=invocation_id)
    row = rows.defer("secret", "input", "content_json").first()
    if row is None:
        raise NotFound("invocation")
    subscription = Subscription.objects.filter(pk__in=[row.subscription_id]).first()
    if not is_hurried(row, subscription):
        raise Conflict("invocation", "There is no attempt to hurry.", reason="retry.refused")
    now = timezone.now()
    # As old as it is, so that the one attempt after a pause is this one rather than a younger one.
    rows.update(due_at=row.created_at)
    paused = SubscriptionHealth.objects.filter(pk=row.subscription_id, circuit=Circuit.OPEN)
    paused.filter(open_until__gt=now).update(open_until=now)
    trail.record(actor, "invocation.retry", _target(row), trigger=row.trigger)
    ring = ringing.ring_gates if row.is_gate else ringing.ring
    transaction.on_commit(ring, robust=True)
    return row


def may_answer(actor: Actor, row: Invocation) -> bool:
    """Whether the actor may answer for the subscriber: tests for who starts tests.

    A question that an operation waits for is the business of who may change gates.
    """
    return row.kind == Kind.REQUEST_RESPONSE and access.holds(actor, _right(row))


def _right(row: Invocation) -> PermissionEnum:
    return GatePermission.CHANGE if row.is_gate else InvocationPermission.TEST


@trail.unit()
def answer(
    actor: Actor, invocation_id: UUID, output: Mapping[str, Any], error: str = ""
) -> Invocation:
    """Answer an open question in place of its subscriber, or say with ``error`` that nobody will.

    In the answer to a question that an operation waits for, the approver is the actor, whatever
    ``output`` says.

    Raises:
        Forbidden: see ``may_answer``; or the question was put because of the actor (``gate.own``).
        NotFound: there is none.
        Invalid: the output does not fit the trigger's schema; the question stays open.
        Conflict: there is an outcome already, or the deadline has passed.
    """
    row = Invocation.objects.filter(pk=invocation_id).defer("secret", "input").first()
    if row is None:
        raise NotFound("invocation")
    access.require(actor, _right(row), Gate if row.is_gate else Invocation)
    if row.kind != Kind.REQUEST_RESPONSE:
        raise Conflict("invocation", "This is no question.", reason="invocation.closed")
    said = dict(output)
    if row.is_gate and not error:
        decisions.refuse_own(actor, row.pk)
        said["approver"] = actor.name
    _check(row, said, error)
    now = timezone.now()
    mine = settling.in_time(now).filter(pk=row.pk)
    if error:
        done = settling.fail(mine, now, error[:MAX_ERROR]) == 1
    else:
        done = settling.complete(mine, row.pk, now, said)
    if not done:
        raise Conflict("invocation", "It has an outcome already.", reason="invocation.closed")
    trail.record(actor, "invocation.answer", _target(row), trigger=row.trigger, failed=bool(error))
    return row


def _check(row: Invocation, output: Mapping[str, Any], error: str) -> None:
    if error:
        faults = storable.faults_of(error, "error")
    else:
        event_type = catalog.get(row.trigger)
        described = schemas.output_faults(event_type, dict(output)) if event_type else []
        faults = [*storable.faults_of(dict(output), "output"), *described]
    if faults:
        raise invalid(faults)


def _target(row: Invocation) -> Target:
    return Target("invocation", str(row.pk), row.subscription_name)
