"""How deliveries go of late: for each subscription, and hour by hour for all.

What is looked at is bounded, since a busy portal has more in a day than a page can wait for: the
newest ``SAMPLE`` deliveries of a subscription, the newest ``MOST_COUNTED`` of all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from triggers_app.models import Invocation
from triggers_app.permissions import InvocationPermission
from triggers_app.selectors import first_id
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

WINDOW = timedelta(hours=24)
HOURS = 24
SAMPLE = 500
MOST_COUNTED = 20_000

_STANDINGS = """
WITH recent AS MATERIALIZED (
    SELECT i.subscription_id, i.state, last.outcome, last.status, last.at, last.duration_ms
    FROM unnest(%(ids)s::uuid[]) AS s (id)
    CROSS JOIN LATERAL (
        SELECT id, subscription_id, state FROM triggers_app_invocation
        WHERE subscription_id = s.id AND id >= %(since)s AND NOT is_test
        ORDER BY id DESC LIMIT %(sample)s
    ) AS i
    LEFT JOIN LATERAL (
        SELECT outcome, status, at, duration_ms FROM triggers_app_attempt
        WHERE invocation_id = i.id ORDER BY number DESC, id DESC LIMIT 1
    ) AS last ON true
), told AS (
    SELECT subscription_id,
        count(*) FILTER (WHERE state = 'completed') AS good,
        count(*) FILTER (WHERE state IN ('failed', 'expired')) AS bad,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS p95
    FROM recent GROUP BY subscription_id
)
SELECT told.subscription_id, good, bad, p95, worst.outcome, worst.status, worst.at,
    worst.duration_ms
FROM told LEFT JOIN LATERAL (
    SELECT outcome, status, at, duration_ms FROM recent
    WHERE recent.subscription_id = told.subscription_id AND outcome <> 'accepted'
    ORDER BY at DESC LIMIT 1
) AS worst ON true
"""
_BY_HOUR = """
SELECT floor(extract(epoch FROM %(now)s - created_at) / 3600)::int AS ago,
    count(*) FILTER (WHERE state = 'completed'),
    count(*) FILTER (WHERE state IN ('failed', 'expired')),
    count(*)
FROM (
    SELECT created_at, state FROM triggers_app_invocation WHERE id >= %(since)s AND NOT is_test
    ORDER BY id DESC LIMIT %(most)s
) AS recent
GROUP BY ago
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """The last attempt that did not go well. status: None when there was no answer."""

    outcome: str
    at: datetime
    status: int | None = None
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The last 24 hours of one subscription, tests aside.

    good, bad: outcomes. p95: milliseconds of the last attempts; None without any.
    """

    good: int = 0
    bad: int = 0
    p95: int | None = None
    failure: Failure | None = None

    @property
    def rate(self) -> float | None:
        """How many of 100 went well; None without an outcome."""
        ended = self.good + self.bad
        return 100 * self.good / ended if ended else None


@dataclass(frozen=True, slots=True)
class Hour:
    """Deliveries of one hour; ``every`` counts those in flight too."""

    good: int = 0
    bad: int = 0
    every: int = 0


def standings(ids: Collection[UUID]) -> dict[UUID, Standing]:
    """By subscription; one statement. The caller has checked that the actor may see them."""
    if not ids:
        return {}
    parameters: dict[str, Any] = {
        "ids": list(ids),
        "since": first_id(timezone.now() - WINDOW),
        "sample": SAMPLE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDINGS, parameters)
        return {row[0]: _standing(*row[1:]) for row in cursor.fetchall()}


def by_hour(actor: Actor) -> Sequence[Hour]:
    """The last 24 hours, the oldest first; one statement. Forbidden without the right."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    now = timezone.now()
    parameters: dict[str, Any] = {"now": now, "since": first_id(now - WINDOW), "most": MOST_COUNTED}
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, parameters)
        found = {ago: Hour(good, bad, every) for ago, good, bad, every in cursor.fetchall()}
    return [found.get(ago, Hour()) for ago in reversed(range(HOURS))]


def _standing(
    good: int,
    bad: int,
    p95: float | None,
    outcome: str | None,
    status: int | None,
    at: datetime | None,
    milliseconds: int | None,
) -> Standing:
    failure = None
    if outcome is not None and at is not None:
        failure = Failure(outcome, at, status, milliseconds)
    return Standing(good, bad, None if p95 is None else round(p95), failure)
