"""What becomes of a question: each outcome is one conditional update, so the first one stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from triggers_app.gates import seals
from triggers_app.models import Gate, Invocation, Pending
from vaultportal import trail
from vaultportal.errors import Forbidden
from vaultportal.identity.actor import Actor, system
from vaultportal.trail import Target

State = Pending.State
OPEN = (State.WAITING, State.ALLOWED)
REFUSALS = (State.DENIED, State.EXPIRED, State.FAILED)
NO_ANSWER = "Nobody who may decide gave a proper answer."
OWN = "The one who asked may not decide."
BATCH = 1000
MAX_COMMENT = 1000
MAX_NAME = 255


def target_of(pending: Pending) -> Target:
    """The question as the audit names it."""
    return Target("approval", str(pending.pk), f"{pending.operation} {pending.object_name}")


def gate_of(pending: Pending) -> Gate | None:
    """The gate that asked, unless it was deleted since."""
    return Gate.objects.filter(pk=pending.gate_id).first() if pending.gate_id else None


def refuse_own(actor: Actor, invocation_id: UUID) -> None:
    """Forbidden when the question was put because of this very actor, and its gate minds."""
    pending = Pending.objects.filter(invocation_id=invocation_id, actor_id=actor.user_id).first()
    if pending is not None:
        gate = gate_of(pending)
        if gate is None or not gate.may_approve_own:
            raise Forbidden(message=OWN, reason="gate.own")


def sentence(pending: Pending) -> str:
    """Why it is refused, for the one who asked."""
    if pending.state == State.DENIED:
        return f"This was denied: {pending.comment}" if pending.comment else "This was denied."
    if pending.state == State.EXPIRED:
        return "Nobody decided in time. Ask again."
    return f"{pending.comment or NO_ANSWER} Nothing was done."


def on_settled(ids: Collection[UUID], **signal: Any) -> None:
    """The outcome of invocations decides what waits for them, in the same transaction."""
    rows = Pending.objects.filter(invocation_id__in=list(ids), state=State.WAITING)
    for pending in rows.select_for_update(of=("self",)).select_related("invocation"):
        if pending.invocation is not None:
            _by_outcome(pending, pending.invocation, timezone.now())


def _by_outcome(pending: Pending, invocation: Invocation, at: datetime) -> None:
    if invocation.state == Invocation.State.EXPIRED:
        _refused(system(), pending, State.EXPIRED, at, "")
    elif invocation.state != Invocation.State.COMPLETED:
        _refused(system(), pending, State.FAILED, at, NO_ANSWER)
    else:
        answer = invocation.output if isinstance(invocation.output, Mapping) else {}
        by = str(answer.get("approver") or "")[:MAX_NAME]
        comment = str(answer.get("comment") or "")[:MAX_COMMENT]
        if answer.get("approved") is not True:
            _refused(system(), pending, State.DENIED, at, comment, approver_name=by)
        elif _is_own(pending, by):
            _refused(system(), pending, State.DENIED, at, OWN, approver_name=by)
        else:
            allow(system(), pending, at, comment, approver_name=by)


def _is_own(pending: Pending, approver: str) -> bool:
    names = {pending.actor_name.casefold(), str(pending.actor_id)}
    if approver.casefold() not in names:
        return False
    gate = gate_of(pending)
    return gate is None or not gate.may_approve_own


def allow(
    actor: Actor,
    pending: Pending,
    at: datetime,
    comment: str,
    *,
    approver_name: str,
    approver_id: UUID | None = None,
) -> bool:
    """Allow one use of what waits, from now for as long as its gate says; whether this call did."""
    gate = gate_of(pending)
    if gate is None:  # it was deleted meanwhile: nothing is asked any more, so nothing is allowed
        return _refused(actor, pending, State.FAILED, at, NO_ANSWER)
    pending.state = State.ALLOWED
    pending.comment = comment
    pending.approver_name = approver_name
    pending.approver_id = approver_id
    pending.decided_at = at
    pending.expires_at = at + timedelta(seconds=gate.usable_for)
    pending.seal = seals.seal(pending)
    return _decided(
        actor,
        pending,
        state=pending.state,
        comment=comment,
        approver_name=approver_name,
        approver_id=approver_id,
        decided_at=at,
        expires_at=pending.expires_at,
        seal=pending.seal,
    )


def deny(actor: Actor, pending: Pending, at: datetime, comment: str) -> bool:
    """Deny what waits; whether this call did it."""
    by = {"approver_name": actor.name, "approver_id": actor.user_id}
    return _refused(actor, pending, State.DENIED, at, comment, **by)


def _refused(
    actor: Actor,
    pending: Pending,
    state: Pending.State,
    at: datetime,
    comment: str,
    **approver: Any,
) -> bool:
    return _decided(actor, pending, state=state, comment=comment, decided_at=at, **approver)


def _decided(actor: Actor, pending: Pending, **values: Any) -> bool:
    with trail.unit():
        written = Pending.objects.filter(pk=pending.pk, state=State.WAITING).update(**values)
        if written:
            trail.record(
                actor,
                "gate.decide",
                target_of(pending),
                state=values["state"],
                approver=values.get("approver_name", ""),
            )
    return bool(written)


def expire(ids: Iterable[UUID], at: datetime) -> int:
    """Expire what waits or was allowed and has not been used in time; how many it was."""
    return Pending.objects.filter(pk__in=list(ids), state__in=OPEN, expires_at__lte=at).update(
        state=State.EXPIRED
    )


def expire_late(at: datetime) -> int:
    """Expire a batch of what is late, oldest first; how many it was."""
    late = Pending.objects.filter(state__in=OPEN, expires_at__lte=at).order_by("expires_at")
    return expire(late.values_list("pk", flat=True)[:BATCH], at)


def fail(ids: Iterable[UUID], at: datetime, comment: str) -> int:
    """Close questions that nobody answered properly; how many it was."""
    return Pending.objects.filter(pk__in=list(ids), state=State.WAITING).update(
        state=State.FAILED, comment=comment, decided_at=at
    )


@transaction.atomic
def tampered(actor: Actor, pending: Pending) -> None:
    """Void an allowance that the portal did not write, and say so in the trail."""
    with trail.unit():
        Pending.objects.filter(pk=pending.pk).update(state=State.VOID)
        trail.record(
            actor, "gate.tampered", target_of(pending), outcome="refused", state=pending.state
        )
