"""Test invocations: real deliveries of an event that has not happened."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from triggers_app import schemas, storable
from triggers_app.engine import ringing
from triggers_app.filters import InvalidFilter, compile_filter
from triggers_app.invoking import new_invocation
from triggers_app.models import Invocation, Subscription
from triggers_app.permissions import InvocationPermission
from triggers_app.services.subscriptions import unknown_trigger
from vaultportal import trail
from vaultportal.api.wire import invalid
from vaultportal.errors import Fault
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

logger = logging.getLogger(__name__)


@trail.unit()
def start_test(
    actor: Actor,
    trigger: str,
    *,
    content_json: Mapping[str, Any],
    payload: Mapping[str, Any] | None = None,
    subscription_ids: Sequence[str] | None = None,
) -> list[Invocation] | None:
    """Send a test event of a trigger to its subscribers, disabled ones too, filters applied.

    payload: what the event holds; None for the trigger's example.
    subscription_ids: who is to get it; None for all.

    Returns: an invocation for each that was started, with its secret; None without a subscriber.

    Raises:
        Forbidden: without the right to start tests.
        Invalid: unknown trigger, or a payload that its schema refuses.
    """
    access.require(actor, InvocationPermission.TEST, Invocation)
    event_type = catalog.get(trigger)
    if event_type is None:
        raise unknown_trigger()
    sent = event_type.example if payload is None else payload
    faults = [
        *storable.faults_of(content_json, "contentJson"),
        *storable.faults_of(sent, "input"),
        *schemas.input_faults(event_type, sent),
    ]
    if faults:
        raise invalid(faults)
    if "_metadata" in sent:
        raise invalid([Fault("input._metadata", "unknown", "belongs to the portal")])
    chosen = Subscription.objects.filter(trigger=trigger).order_by("pk")
    if subscription_ids is not None:
        chosen = chosen.filter(pk__in=_uuids(subscription_ids))
    subscribers = list(chosen)
    if not subscribers:
        return None
    now = timezone.now()
    started = [
        new_invocation(each, sent, now, is_test=True, content_json=content_json)
        for each in subscribers
        if _wants(each, sent)
    ]
    Invocation.objects.bulk_create(started)
    transaction.on_commit(ringing.ring, robust=True)
    trail.record(
        actor,
        "invocation.test",
        Target("trigger", trigger, event_type.name),
        subscribers=len(subscribers),
        started=len(started),
    )
    return started


def _wants(subscription: Subscription, payload: Mapping[str, Any]) -> bool:
    if subscription.filter is None:
        return True
    try:
        return compile_filter(subscription.filter).matches(payload)
    except InvalidFilter as refused:
        logger.warning("filter of subscription %s failed: %s", subscription.pk, refused)
        return False


def _uuids(texts: Sequence[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:  # the id of none
            continue
    return found
