"""Asking: a question is put once, its allowance is used once, and everything else is a refusal.

Each step is a transaction of its own, and none is open while somebody thinks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from django.db import IntegrityError, transaction

from triggers_app import durations
from triggers_app.engine import asking as delivery
from triggers_app.gates import decisions, seals
from triggers_app.gates.standing import answering, may_stand, standing
from triggers_app.invoking import new_invocation
from triggers_app.models import Gate, Mode, Pending, Subscription
from vaultportal import errors, trail
from vaultportal.events.catalog import EventType
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor

State = Pending.State
PLACE = "/api/v1/approvals/"


class PortalGatekeeper:
    """The gates that are rows here; see ``vaultportal.events.gates``."""

    def pass_or_refuse(self, actor: Actor, question: Question) -> tuple[str, ...]:
        """Pass all gates that stand, or be refused by the first that does not open.

        All questions are put before any allowance is used, and then all of them or none.
        """
        if actor.asker is not None:
            request = {"as": str(actor.user_id), **question.request}
            question = replace(question, request=request)
            actor = _asking(actor)
        put = [_asked(gate, actor, question) for gate in standing(actor, question)]
        asked = [each for each in put if each is not None]
        for each in asked:
            if each.state != State.ALLOWED:
                _refuse(actor, each)
            _require_genuine(actor, each)
        if not asked:
            return ()
        with trail.unit():
            return tuple(_used(actor, each) for each in asked)

    def may_stand(
        self, actor: Actor, trigger: EventType, operation: str, place: tuple[str, str]
    ) -> bool:
        """See ``vaultportal.events.gates.may_stand``."""
        return may_stand(_asking(actor), trigger, operation, place)


def _asking(actor: Actor) -> Actor:
    """Who stands behind the actor, with the roles of both."""
    if actor.asker is None:
        return actor
    roles = tuple({*actor.role_ids, *actor.asker.role_ids})
    return actor.asker.with_(role_ids=roles, reason=actor.reason)


def _asked(gate: Gate, actor: Actor, question: Question) -> Pending | None:
    """The question of this gate as it stands; None when the gate lets this one pass unasked."""
    target = question.target
    payload = question.trigger.payload(
        actor, id=target.id, name=target.name or target.id, **question.payload
    )
    subscription = None
    if gate.approval == Gate.Approval.SUBSCRIBER:
        subscription = answering(gate.trigger, payload)
        if subscription is None:
            return None
    return _asked_before(gate, actor, question) or _put(
        gate, actor, question, payload, subscription
    )


def _asked_before(gate: Gate, actor: Actor, question: Question) -> Pending | None:
    """The question as it was put before: open, or answered with a no that nobody has heard yet."""
    found = (
        Pending.objects.filter(
            actor_id=actor.user_id,
            operation=question.operation,
            object_kind=question.target.kind,
            object_id=question.target.id,
            request_digest=seals.request_digest(gate.pk, actor, question),
        )
        .order_by("-pk")
        .first()
    )
    if found is None:
        return None
    if found.state in decisions.OPEN and found.expires_at <= datetime.now(UTC):
        decisions.expire([found.pk], datetime.now(UTC))
        found.refresh_from_db()
    if found.state in decisions.OPEN:
        return found
    return found if found.state in decisions.REFUSALS and found.told_at is None else None


def _put(
    gate: Gate,
    actor: Actor,
    question: Question,
    payload: Mapping[str, Any],
    subscription: Subscription | None,
) -> Pending:
    """Write the question down and send it. With SYNC, the answer is there afterwards."""
    now = datetime.now(UTC)
    invocation = None
    if subscription is not None:
        invocation = new_invocation(subscription, payload, now, is_gate=True)
    seconds = durations.seconds(gate.response_deadline)
    if subscription is not None:
        seconds = subscription.deadline_seconds
        if subscription.mode == Mode.SYNC:
            seconds = max(seconds, int(delivery.WAIT_SECONDS) + 1)
    target = question.target
    pending = Pending(
        gate_id=gate.pk,
        invocation=invocation,
        trigger=gate.trigger,
        operation=question.operation,
        actor_id=actor.user_id,
        actor_name=actor.name,
        object_kind=target.kind,
        object_id=target.id,
        object_name=target.name,
        object_version=seals.version_of(question),
        request_digest=seals.request_digest(gate.pk, actor, question),
        request_id=actor.request_id,
        reason=actor.reason,
        details=dict(question.payload),
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )
    try:
        with transaction.atomic(durable=True), trail.unit():
            if invocation is not None:
                invocation.save(force_insert=True)
            pending.save(force_insert=True)
            trail.record(
                actor, "gate.ask", decisions.target_of(pending), outcome="pending", gate=gate.name
            )
    except IntegrityError:
        # Somebody with the same credentials asked the same at the same moment: one question.
        again = _asked_before(gate, actor, question)
        if again is None:
            raise
        return again
    if invocation is not None:
        if invocation.mode == Mode.SYNC:
            delivery.deliver_and_wait(invocation.pk)
        else:
            delivery.ring()
        pending.refresh_from_db()
        if pending.state == State.WAITING and invocation.mode == Mode.SYNC:
            decisions.fail([pending.pk], datetime.now(UTC), decisions.NO_ANSWER)
            pending.refresh_from_db()
    return pending


def _require_genuine(actor: Actor, pending: Pending) -> None:
    if not seals.is_sealed(pending):
        decisions.tampered(actor, pending)
        raise errors.Forbidden(
            message="The decision for this is not genuine. Ask again.", reason="gate.tampered"
        )


def _used(actor: Actor, pending: Pending) -> str:
    """Use the allowance up. Of two who come with it at once, one passes."""
    now = datetime.now(UTC)
    with trail.unit():
        taken = Pending.objects.filter(
            pk=pending.pk, state=State.ALLOWED, expires_at=pending.expires_at, expires_at__gt=now
        ).update(state=State.USED, used_at=now)
        if taken:
            trail.record(
                actor,
                "gate.use",
                decisions.target_of(pending),
                invocation=str(pending.invocation_id) if pending.invocation_id else None,
                approver=pending.approver_name,
            )
    if not taken:
        raise errors.Forbidden(
            message="The decision for this was used already, or has expired. Ask again.",
            reason="gate.used",
        )
    return str(pending.pk)


def _refuse(actor: Actor, pending: Pending) -> NoReturn:
    if pending.state == State.WAITING:
        raise errors.Pending(
            message="Somebody has to approve this first. Call again once it is decided.",
            reason="gate.pending",
            context={"approval": f"{PLACE}{pending.pk}"},
        )
    now = datetime.now(UTC)
    with trail.unit():
        Pending.objects.filter(pk=pending.pk, told_at=None).update(told_at=now)
        trail.record(
            actor, "gate.refuse", decisions.target_of(pending), outcome="refused",
            state=pending.state,
        )  # fmt: skip
    raise errors.Forbidden(
        message=decisions.sentence(pending),
        reason=f"gate.{pending.state}",
        context={"approval": f"{PLACE}{pending.pk}"},
    )
