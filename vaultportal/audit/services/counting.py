"""How many entries fell into each stretch of time, for the histogram of the explorer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from vaultportal import timelimit
from vaultportal.audit.models import AuditEntry
from vaultportal.timelimit import TooSlow

# What a glance may cost, whatever the size of the trail.
MOST = 100_000
MOST_MS = 2_000
BARS = 40


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts over time. counts: of each bar; step: its span; is_cut: older ones are left out."""

    start: datetime
    step: timedelta
    counts: tuple[int, ...]
    is_cut: bool

    @property
    def total(self) -> int:
        return sum(self.counts)


def histogram(
    rows: QuerySet[AuditEntry], since: datetime | None, until: datetime | None
) -> Histogram | None:
    """Of the newest ``MOST`` of ``rows``; None when there are none, or when it takes too long.

    since, until: the ends of the axis; None for those of the rows.
    """
    inner, params = rows.values("at").order_by("-id")[: MOST + 1].query.sql_with_params()
    try:
        read = _read(inner, [*params, since, until, BARS, BARS])
    except TooSlow:
        return None
    if not read:
        return None
    first, last = read[0][0].astimezone(UTC), read[0][1].astimezone(UTC)
    counts = [0] * BARS
    for _, _, count, bar in read:
        counts[min(max(bar, 1), BARS) - 1] += count
    step = max(timedelta(seconds=1), last - first) / BARS
    return Histogram(first, step, tuple(counts), sum(counts) > MOST)


def _read(inner: str, params: list[Any]) -> list[tuple[datetime, datetime, int, int]]:
    """Beginning and end of the axis, and how many in which bar."""
    with timelimit.within(MOST_MS) as cursor:
        cursor.execute(
            f"""
            WITH found AS MATERIALIZED ({inner}),
            axis AS (
                SELECT coalesce(%s, min(at)) AS first, coalesce(%s, max(at)) AS last FROM found
            )
            SELECT axis.first, axis.last, count(*),
                least(%s, 1 + floor(%s * extract(epoch FROM found.at - axis.first)
                    / greatest(1, extract(epoch FROM axis.last - axis.first))))::int AS bar
            FROM found, axis GROUP BY 1, 2, 4
            """,  # noqa: S608 the compiled query of the rows, with its own parameters
            params,
        )
        read: list[tuple[datetime, datetime, int, int]] = cursor.fetchall()
    return read
