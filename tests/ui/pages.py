"""Every page: its name, its address, and who looks. A page without a row fails a test."""

from __future__ import annotations

from tests.ui.rows import collections, events, govern, kit, secrets, storage
from tests.ui.rows.row import Row

# In the order of their seeds: events asks about a secret.
AREAS = (kit, secrets, collections, storage, events, govern)

PAGES: tuple[Row, ...] = tuple(row for area in AREAS for row in area.ROWS)
ELSEWHERE: set[str] = set().union(*(area.ELSEWHERE for area in AREAS))

__all__ = ["ELSEWHERE", "PAGES", "Row", "seed"]


def seed(*more: str) -> str:
    """The script that makes what the rows name, and ``more``; it prints that as JSON."""
    seeds = [*(area.SEED for area in AREAS), *more]
    runs = "\n".join(f"exec({each!r}, {{**given}})" for each in seeds)
    return f"{_OPENING}{runs}\n{_END}"


_OPENING = """
import json, secrets
from vaultportal.identity import authentication
from vaultportal.identity.models import User
things = {}
actor = authentication.user_actor(User.objects.get(username="admin@localhost").pk)
given = {"actor": actor, "things": things, "random": secrets}
"""
_END = "print(json.dumps(things, default=str))\n"
