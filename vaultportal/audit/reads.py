"""How much was read, in plaintext and without: counted over time, for overviews.

Each count comes out of one of two partial indexes alone (migration 0003), whose conditions stand
here word for word, and never out of the entries.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from vaultportal import timelimit
from vaultportal.audit.selectors import first_id
from vaultportal.timelimit import TooSlow

# What a glance at a list may cost.
MOST_MS = 1_000
# Uncovered values of secrets, objects, tokens and blobs.
_PLAIN = (
    "secret.read", "secret.export", "secret.link_open", "object.read", "token.read", "blob.decrypt",
)  # fmt: skip
_COVERED = ("object.read", "token.search")
_IS_MASKED = """position('"custom":"masked"'::bytea in body) > 0"""
# One of the properties that were read has no transformation behind a dot.
_BARE = r"""encode(body, 'escape') ~ '"properties":\[[^]]*"[^".]*"[],]'"""


def _among(actions: tuple[str, ...]) -> str:
    return ", ".join(f"'{action}'" for action in actions)


PLAIN = (
    f"outcome = 'success' AND action IN ({_among(_PLAIN)}) "
    f"AND (action <> 'object.read' OR ({_BARE} AND NOT {_IS_MASKED}))"
)
COVERED = (
    f"outcome = 'success' AND action IN ({_among(_COVERED)}) "
    f"AND (action <> 'object.read' OR NOT ({_BARE} AND NOT {_IS_MASKED}))"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Slots one after the other, of equal length by the clock of the zone of ``since``."""

    since: datetime
    step: timedelta
    slots: int

    @property
    def until(self) -> datetime:
        return self.since + self.step * self.slots

    @property
    def ends(self) -> tuple[datetime, datetime]:
        return self.since, self.until

    @property
    def times(self) -> tuple[datetime, ...]:
        return self.edges[:-1]

    @property
    def edges(self) -> tuple[datetime, ...]:
        """The beginning of each slot, and the end of the last one."""
        return tuple(self.since + self.step * slot for slot in range(self.slots + 1))


@dataclass(frozen=True, slots=True)
class Reads:
    """slots: how many reads in each slot of the span. reasons: how many for each reason."""

    slots: tuple[int, ...]
    reasons: dict[str, int]


def count_reads(span: Span, *, plain: bool, actor_id: UUID | None = None) -> Reads:
    """Reads within ``span``; of everybody, or of one.

    The caller has checked that who looks may know.
    """
    slots, reasons = [0] * span.slots, dict[str, int]()
    for slot, reason, count in _rows(span, PLAIN if plain else COVERED, actor_id):
        slots[slot] += count
        reasons[reason] = reasons.get(reason, 0) + count
    return Reads(tuple(slots), reasons)


def count_of(actor_ids: Collection[UUID], since: datetime) -> dict[UUID, int]:
    """How often each of a page of people uncovered something since; {} when it takes too long.

    The caller has checked that who looks may know.
    """
    if not actor_ids:
        return {}
    try:
        with timelimit.within(MOST_MS) as cursor:
            cursor.execute(
                f"""
                SELECT actor_id, count(*) FROM audit_auditentry
                WHERE actor_id = ANY(%s::uuid[]) AND id >= %s AND at >= %s AND {PLAIN}
                GROUP BY actor_id
                """,  # noqa: S608 constants of this module
                [list(actor_ids), first_id(since), since],
            )
            found: dict[UUID, int] = dict(cursor.fetchall())
    except TooSlow:
        return {}
    return {actor_id: found.get(actor_id, 0) for actor_id in actor_ids}


def _rows(span: Span, condition: str, actor_id: UUID | None) -> list[tuple[int, str, int]]:
    whose = ""
    # In UTC: a time that the clock of a zone leaves out or shows twice is one there.
    edges = [edge.astimezone(UTC) for edge in span.edges]
    parameters: dict[str, Any] = {"since": edges[0], "until": edges[-1], "edges": edges}
    if actor_id is not None:
        # By the index of one's own entries: their ids begin with the time.
        whose = "AND actor_id = %(actor)s AND id >= %(first)s"
        parameters |= {"actor": actor_id, "first": first_id(span.since)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT width_bucket(at, %(edges)s::timestamptz[]) - 1 AS slot, reason, count(*)
            FROM audit_auditentry
            WHERE at >= %(since)s AND at < %(until)s AND {condition} {whose}
            GROUP BY slot, reason
            """,  # noqa: S608 constants of this module
            parameters,
        )
        rows: list[tuple[int, str, int]] = cursor.fetchall()
    return rows
