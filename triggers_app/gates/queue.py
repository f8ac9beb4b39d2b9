"""What waits at the gates, for pages: how much of it, by whom it is decided, and finding one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Count, Q

from triggers_app.gates import approvals, rules
from triggers_app.models import Gate, Pending
from triggers_app.permissions import GatePermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

State = Pending.State


@dataclass(frozen=True, slots=True)
class Deciders:
    """Whose word a question waits for. roles: names; none where a subscriber is asked."""

    gate: Gate | None
    roles: tuple[str, ...] = ()

    @property
    def is_people(self) -> bool:
        return self.gate is not None and self.gate.approval == Gate.Approval.PEOPLE


def waiting_by_gate(actor: Actor, gate_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many questions wait for each gate, for who may see gates; one statement."""
    access.require(actor, GatePermission.VIEW, Gate)
    rows = Pending.objects.filter(gate_id__in=gate_ids, state=State.WAITING, expires_at__gt=_now())
    return dict(rows.order_by().values_list("gate_id").annotate(Count("pk")))


def deciders(actor: Actor, pending: Pending) -> Deciders:
    """Who decides a question that the actor may see."""
    gate = Gate.objects.filter(pk=pending.gate_id).first() if pending.gate_id else None
    if gate is None:
        return Deciders(None)
    return Deciders(gate, tuple(gate.approvers.order_by("name").values_list("name", flat=True)))


def oldest_to_decide(actor: Actor, limit: int) -> list[Pending]:
    """What has waited longest for the actor's word; one statement."""
    return list(approvals.decidable(actor)[:limit])


def count_to_decide(actor: Actor) -> int:
    """How much waits for the actor's word."""
    return approvals.decidable(actor).count()


def find(actor: Actor, words: str, limit: int) -> list[Pending]:
    """Questions about things that are called so, newest first, of what the actor may see."""
    named = Q(object_name__icontains=words)
    # Of operations there are few, and no index would tell them apart.
    known = {each for several in rules.OPERATIONS.values() for each in several}
    if meant := [each for each in known if words.casefold() in each]:
        named |= Q(operation__in=meant)
    return list(approvals.visible(actor).filter(named)[:limit])


def find_gates(actor: Actor, words: str, limit: int) -> list[Gate]:
    """Gates that are called so, by name; none for who may not see gates."""
    rows = access.permitted(actor, GatePermission.VIEW, Gate.objects.filter(name__icontains=words))
    return list(rows.order_by("name", "pk")[:limit])


def _now() -> datetime:
    return datetime.now(UTC)
