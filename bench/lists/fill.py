"""Rows behind every list: so many of each, in steps, so that few and many can be compared.

What a page opens is sealed for real (secrets, objects), and the audit trail is a chain that
verifies. The rest are variations of one row, made by the database; what is sealed in those opens
for the first one alone.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model

from bench.lists import events, objects, people, secrets, storage, trail
from bench.lists.world import World
from vaultportal.identity.models import User

PARTS: tuple[Any, ...] = (secrets, objects, storage, events, people, trail)
MODELS: tuple[type[Model], ...] = tuple(
    dict.fromkeys(model for part in PARTS for model in part.MODELS)
)


class Filler:
    """Fills for ``person``, an administrator, who will look."""

    def __init__(self, person: User, total: int) -> None:
        self.world = World.begin(person, total)
        self.made = 0
        for part in (objects, storage, events, people):
            part.begin(self.world)

    def up_to(self, end: int) -> None:
        """Until each list has about ``end`` rows, and the planner knows it."""
        wanted = range(self.made, end)
        for part in PARTS:
            part.fill(self.world, wanted)
        self.made = end
        self.settle("ANALYZE")

    def vacuum(self) -> None:
        """As the database does by itself after a while; outside of a transaction."""
        self.settle("VACUUM (ANALYZE)")

    def settle(self, how: str) -> None:
        """``how``, for every table that was filled."""
        tables = ", ".join(model._meta.db_table for model in MODELS)
        with connection.cursor() as cursor:
            cursor.execute(f"{how} {tables}")

    def address(self, path: str) -> str:
        """``path`` with the names of what was made."""
        return path.format(**self.world.things)
