"""How much there is: each app names its totals of the overview, in its ``ui/shell.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise

from vaultportal.identity.actor import Actor

DAYS = 30  # of a course


@dataclass(frozen=True, slots=True)
class Total:
    """One tile.

    value: the figure, as it is shown. detail: what is worth knowing of it, in a few words.
    points: its course, the oldest first; none when nobody keeps it.
    """

    label: str | Promise
    value: str
    detail: str = ""
    url: str = ""
    points: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """find: the total, None for who may not see it; in few cheap queries."""

    order: int
    find: Callable[[Actor], Total | None]


_sources: list[Source] = []


def course(lives: Iterable[tuple[datetime, datetime | None]]) -> tuple[float, ...]:
    """How many there were at the end of each of the last ``DAYS`` days.

    lives: when each began, and ended.
    """
    known, now = list(lives), timezone.now()
    ends = [now - timedelta(days=days) for days in reversed(range(DAYS))]
    return tuple(
        float(sum(born <= end and (gone is None or gone > end) for born, gone in known))
        for end in ends
    )


def register(source: Source) -> None:
    """Have the overview ask ``source``."""
    _sources.append(source)


def totals(actor: Actor) -> list[Total]:
    """What ``actor`` may see, in the order of the sources."""
    ordered = sorted(_sources, key=lambda source: source.order)
    return [total for source in ordered if (total := source.find(actor)) is not None]
