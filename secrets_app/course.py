"""How many secrets there are that somebody may know of, and since when: one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection

from secrets_app import reachable
from vaultportal.identity.actor import Actor

DAYS = 30
DAY = timedelta(days=1)
# Ids tell when they were made, and lie in the indexes: no row of a table is touched.
_EVERY = """SELECT width_bucket(s.id, %s::uuid[]) AS day, count(*)
    FROM secrets_app_secret s GROUP BY 1"""
_GRANTED = """SELECT width_bucket(g.id, %s::uuid[]) AS day, count(DISTINCT g.id)
    FROM ({granted}) g GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class Course:
    """Of the secrets that there are now, how many were there already on each day.

    points: the last ``DAYS`` days, a number each, the oldest first; the last one is of now.
    """

    points: tuple[int, ...]

    @property
    def total(self) -> int:
        return self.points[-1]

    @property
    def new(self) -> int:
        """How many came since the first point."""
        return self.total - self.points[0]


def of(actor: Actor, now: datetime) -> Course:
    """The course up to ``now``."""
    edges = [_first_id(now - DAY * back) for back in range(DAYS - 1, 0, -1)]
    sql, params = _EVERY, list[Any]()
    if not reachable.sees_all(actor):
        granted, params = reachable.ids(actor)
        sql = _GRANTED.format(granted=granted)
    with connection.cursor() as cursor:
        cursor.execute(sql, [edges, *params])
        made = dict(cursor.fetchall())
    return Course(tuple(accumulate(made.get(day, 0) for day in range(DAYS))))


def _first_id(at: datetime) -> UUID:
    """The smallest id that a secret can have that is made from then on (UUIDv7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62)
