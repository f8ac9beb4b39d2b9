"""From the outbox to invocations: in one transaction, so that none is lost and none made twice."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from triggers_app.engine import bulk, log
from triggers_app.filters import InvalidFilter, compile_filter
from triggers_app.invoking import new_invocation
from triggers_app.models import Attempt, Invocation, Kind, Subscription
from vaultportal.events.models import Event
from vaultportal.identity.ids import uuid7

logger = logging.getLogger(__name__)

BATCH = 500
UNHEARD_BATCH = 5000
# Filters are what callers wrote; a transaction must not become long by them.
MAX_SECONDS = 1.0
FILTER_FAILED = "The filter cannot be evaluated on this event."
# What nobody listens to is done at once, by the page.
_SKIP_UNHEARD = """
UPDATE events_event SET dispatched_at = %s WHERE id = ANY(ARRAY(
    SELECT id FROM events_event WHERE dispatched_at IS NULL AND NOT type = ANY(%s)
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
))
"""


def dispatch() -> int:
    """Turn a batch of events into invocations; how many events it was, 0 when none is left."""
    subscriptions = _listening()
    skipped = _skip_unheard(list(subscriptions))
    if not subscriptions:
        return skipped
    return skipped + _dispatch(subscriptions)


def _listening() -> Mapping[str, Sequence[Subscription]]:
    found: dict[str, list[Subscription]] = defaultdict(list)
    rows = Subscription.objects.filter(enabled=True, kind=Kind.FIRE_AND_FORGET)
    for row in rows.defer("signing_secret", "previous_signing_secret", "credential"):
        found[row.trigger].append(row)
    return found


def _skip_unheard(heard: list[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SKIP_UNHEARD, [timezone.now(), heard, UNHEARD_BATCH])
        return int(cursor.rowcount)


@transaction.atomic
def _dispatch(subscriptions: Mapping[str, Sequence[Subscription]]) -> int:
    waiting = Event.objects.undispatched().filter(type__in=list(subscriptions))
    if not any(each.filter for listening in subscriptions.values() for each in listening):
        waiting = waiting.defer("payload")
    events = list(waiting.select_for_update(skip_locked=True)[:BATCH])
    if not events:
        return 0
    until = time.monotonic() + MAX_SECONDS
    made: list[tuple[UUID, UUID, UUID]] = []
    failed: list[Invocation] = []
    done: list[UUID] = []
    for event in events:
        for subscription in subscriptions[event.type]:
            try:
                if _wants(subscription, event):
                    made.append((uuid7(), event.pk, subscription.pk))
            except InvalidFilter:
                logger.warning("The filter of subscription %s fails.", subscription.pk)
                failed.append(_failed(subscription, event))
        done.append(event.pk)
        if time.monotonic() > until:
            break
    # The constraint on event and subscription is the last word on "once".
    bulk.tell(made)
    _keep(failed)
    bulk.dispatched(done, timezone.now())
    return len(done)


def _wants(subscription: Subscription, event: Event) -> bool:
    return not subscription.filter or compile_filter(subscription.filter).matches(event.payload)


def _failed(subscription: Subscription, event: Event) -> Invocation:
    """A row that says why nothing is sent."""
    made = new_invocation(subscription, event.payload, event.created_at, event_id=event.pk)
    made.state = Invocation.State.SKIPPED
    made.due_at = None
    made.completed_at = timezone.now()
    made.error_message = FILTER_FAILED
    return made


def _keep(failed: list[Invocation]) -> None:
    Invocation.objects.bulk_create(failed)
    now = timezone.now()
    bulk.add_attempts(Attempt(**log.unsent(each, now, FILTER_FAILED)) for each in failed)
