"""Taking what is due: one short transaction, in which each row gets its lease.

Rows are sought subscription by subscription, each with as many as its endpoint has room for: a
long backlog of one that hangs is never walked through to find the work of others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from triggers_app.engine import limits
from triggers_app.models import Invocation, Kind, Mode, Subscription, SubscriptionHealth

Circuit = SubscriptionHealth.Circuit
# So that two workers do not both count the same room.
_ALONE = "SELECT pg_advisory_xact_lock(hashtext('triggers.claim'))"
_CLAIM = """
WITH leased AS (
    SELECT subscription_id, count(*) AS busy FROM triggers_app_invocation
    WHERE lease_until > %(now)s GROUP BY subscription_id
), endpoint AS (
    SELECT s.id, s.enabled, CASE
        WHEN h.circuit = 'closed' THEN LEAST(
            COALESCE(s.most_at_once, %(at_once)s) - COALESCE(l.busy, 0),
            CASE WHEN s.most_per_second IS NULL THEN %(wanted)s
                WHEN h.paced_until > %(now)s THEN 0 ELSE s.most_per_second END)
        WHEN h.open_until <= %(now)s THEN 1
        ELSE 0 END AS room
    FROM triggers_app_subscription s
    JOIN triggers_app_subscriptionhealth h ON h.subscription_id = s.id
    LEFT JOIN leased l ON l.subscription_id = s.id
), due AS MATERIALIZED (
    SELECT endpoint.id AS subscription_id, row.id, row.due_at
    FROM endpoint CROSS JOIN LATERAL (
        SELECT i.id, i.due_at FROM triggers_app_invocation i
        WHERE i.subscription_id = endpoint.id AND i.state = 'queued' AND i.due_at <= %(now)s
            AND i.is_gate = %(gates)s AND (endpoint.enabled OR i.is_test)
            AND (i.deadline IS NULL OR i.deadline > %(now)s)
        ORDER BY i.due_at LIMIT endpoint.room FOR UPDATE SKIP LOCKED
    ) AS row
    WHERE endpoint.room > 0
), ranked AS (
    SELECT id, due_at, row_number() OVER (PARTITION BY subscription_id ORDER BY due_at) AS turn
    FROM due
), picked AS (
    SELECT id FROM ranked ORDER BY turn, due_at LIMIT %(wanted)s
)
UPDATE triggers_app_invocation AS i
SET attempts = i.attempts + 1, due_at = %(until)s, lease_until = %(until)s, leased_by = %(owner)s
FROM picked WHERE i.id = picked.id
RETURNING i.*
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is ours until its lease ends, and whom it is for.

    interrupted: it was being sent before and must not be sent twice.
    """

    invocation: Invocation
    subscription: Subscription
    owner: UUID

    @property
    def interrupted(self) -> bool:
        invocation = self.invocation
        asks_at_once = invocation.kind == Kind.REQUEST_RESPONSE and invocation.mode == Mode.SYNC
        return asks_at_once and invocation.attempts > 1


def claim(owner: UUID, wanted: int, *, gates: bool) -> list[Claim]:
    """At most ``wanted`` rows that are due, in turn over the subscriptions.

    gates: those that a vault operation waits for, or all the others.
    """
    if wanted <= 0:
        return []
    now = timezone.now()
    parameters = {
        "now": now,
        "until": now + limits.lease(),
        "owner": owner,
        "wanted": wanted,
        "gates": gates,
        "at_once": settings.TRIGGERS_MOST_AT_ONCE,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ALONE)
        rows = list(Invocation.objects.raw(_CLAIM, parameters))
        if not rows:
            return []
        taken = Counter(row.subscription_id for row in rows if row.subscription_id)
        subscriptions = _subscriptions(taken)
        _note_probes(subscriptions.values(), now)
        _note_pace(subscriptions, taken, now)
    return [
        Claim(row, subscriptions[row.subscription_id], owner) for row in rows if row.subscription_id
    ]


def claim_one(owner: UUID, invocation_id: UUID) -> Claim | None:
    """A question of a gate that is due, for a caller that waits; None when a worker has it already.

    It does not wait for room: who asks is held up as it is.
    """
    now = timezone.now()
    until = now + limits.lease()
    rows = Invocation.objects.filter(pk=invocation_id, state=Invocation.State.QUEUED)
    taken = rows.filter(due_at__lte=now, attempts=0).update(
        attempts=1, due_at=until, lease_until=until, leased_by=owner
    )
    if not taken:
        return None
    row = Invocation.objects.get(pk=invocation_id)
    (subscription,) = _subscriptions([row.subscription_id]).values() or (None,)
    if subscription is None:  # deleted meanwhile: its deletion ends the question
        return None
    return Claim(row, subscription, owner)


def _subscriptions(ids: Iterable[UUID | None]) -> dict[UUID, Subscription]:
    rows = Subscription.objects.select_related("health").filter(pk__in=list(ids))
    return {row.pk: row for row in rows}


def _note_probes(subscriptions: Iterable[Subscription], now: datetime) -> None:
    """Where a circuit was open, what was taken is its one probe."""
    probed = [each.pk for each in subscriptions if each.health.circuit != Circuit.CLOSED]
    if probed:
        rows = SubscriptionHealth.objects.filter(pk__in=probed).exclude(circuit=Circuit.CLOSED)
        rows.update(circuit=Circuit.HALF_OPEN, open_until=now + limits.lease())


def _note_pace(
    subscriptions: dict[UUID, Subscription], taken: Counter[UUID], now: datetime
) -> None:
    """Under a rate, the next may go when these have had their share of a second."""
    for pk, count in sorted(taken.items()):
        rate = subscriptions[pk].most_per_second
        if rate:
            free_at = now + timedelta(seconds=count / rate)
            SubscriptionHealth.objects.filter(pk=pk).update(paced_until=free_at)
