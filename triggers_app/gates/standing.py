"""Which gates stand before an operation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from triggers_app.filters import InvalidFilter, compile_filter
from triggers_app.models import Gate, GateObject, Subscription
from vaultportal.errors import Unavailable
from vaultportal.events.catalog import EventType
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor


def standing(actor: Actor, question: Question) -> list[Gate]:
    """The enabled gates that name the operation, and this object and actor or none in particular.

    One statement; oldest first, so that of several the same one asks first each time.
    """
    objects = GateObject.objects.filter(gate=OuterRef("pk"))
    places = {(question.target.kind, question.target.id), *question.places}
    this = objects.filter(reduce(or_, (Q(kind=kind, object_id=known) for kind, known in places)))
    gates = _in_force(actor, question.trigger, question.operation)
    return list(gates.filter(Q(Exists(this)) | ~Q(Exists(objects))).order_by("pk"))


def may_stand(actor: Actor, trigger: EventType, operation: str, place: tuple[str, str]) -> bool:
    """Whether a gate names the operation and actor, and not other places of this kind alone."""
    kind, known = place
    objects = GateObject.objects.filter(gate=OuterRef("pk"))
    within = objects.filter(~Q(kind=kind) | Q(object_id=known))
    gates = _in_force(actor, trigger, operation)
    return gates.filter(Q(Exists(within)) | ~Q(Exists(objects))).exists()


def _in_force(actor: Actor, trigger: EventType, operation: str) -> QuerySet[Gate]:
    """The enabled gates that name the operation, and this actor or none in particular."""
    roles = Gate.roles.through.objects.filter(gate=OuterRef("pk"))
    held = roles.filter(role__in=actor.role_ids)
    return Gate.objects.filter(
        enabled=True, trigger=trigger.id, operations__contains=[operation]
    ).filter(Q(Exists(held)) | ~Q(Exists(roles)))


def answering(trigger: str, payload: Mapping[str, Any]) -> Subscription | None:
    """The subscription that answers questions of ``trigger``, if it wants this one.

    None when there is none, when somebody has disabled it, or when its filter lets this one pass
    unasked. A filter that fails on the payload asks: what cannot be told apart is not let through.

    Raises:
        Unavailable: the portal has switched it off because its endpoint failed.
    """
    subscription = Subscription.objects.filter(trigger=trigger).first()
    if subscription is None:
        return None
    if not subscription.enabled:
        if subscription.disabled_reason:  # the portal's doing, and nobody's wish
            raise Unavailable("approver", reason="gate.unavailable")
        return None
    if not subscription.filter:
        return subscription
    try:
        return subscription if compile_filter(subscription.filter).matches(payload) else None
    except InvalidFilter:
        return subscription
