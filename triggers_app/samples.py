"""Payloads that a filter can be tried on: what happened of late, for who may subscribe to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from triggers_app.models import Invocation, Kind, Subscription
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from vaultportal.events import catalog
from vaultportal.events.models import Event
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

MOST = 20
# The outbox is in the order of time, not of types: further back nobody looks.
LOOKED_THROUGH = 5000


@dataclass(frozen=True, slots=True)
class Sample:
    """One event as it was. name: of its subject."""

    id: UUID
    at: datetime
    payload: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """Of its subject, as far as there is one."""
        return str(self.payload.get("name") or "")


def recent(actor: Actor, trigger: str) -> Sequence[Sample]:
    """The newest events of a trigger, at most ``MOST``; none for who may not look at them.

    Of what is told from the outbox, for who may subscribe to it. Of what is asked from the
    questions that were put, for who sees the log or changes the subscription that answers them.
    One statement beside the one for the right.
    """
    event_type = catalog.get(trigger)
    if event_type is None or not _may_look(actor, event_type):
        return []
    if event_type.kind == Kind.REQUEST_RESPONSE:
        asked = Invocation.objects.filter(trigger=trigger, is_test=False).order_by("-pk")
        return [Sample(*row) for row in asked.values_list("pk", "created_at", "input")[:MOST]]
    newest = Event.objects.order_by("-pk").values("pk")[:LOOKED_THROUGH]
    told = Event.objects.filter(pk__in=newest, type=trigger).order_by("-pk")
    return [Sample(*row) for row in told.values_list("pk", "created_at", "payload")[:MOST]]


def _may_look(actor: Actor, event_type: catalog.EventType) -> bool:
    """Whoever may subscribe would be sent all that is told; whoever changes a subscription is.

    Of a trigger that asks, only one subscription is sent the questions: to be allowed to make one
    shows none of them.
    """
    asks = event_type.kind == Kind.REQUEST_RESPONSE
    if access.holds(actor, InvocationPermission.VIEW if asks else SubscriptionPermission.ADD):
        return True
    mine = Subscription.objects.filter(trigger=event_type.id)
    return access.permitted(actor, SubscriptionPermission.CHANGE, mine).exists()
