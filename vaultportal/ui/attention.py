"""What needs somebody's attention: each app names what it finds, in its ``ui/shell.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

from vaultportal.identity.actor import Actor

MOST = 12
STATES = ("bad", "warn")


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the panel, with one thing to do.

    state: ``bad`` (broken, refused, failed) or ``warn`` (soon, degraded).
    action: the words of the button that leads to ``url``.
    at: since when; None when that says nothing.
    """

    state: str
    text: str
    url: str
    action: str | Promise
    at: datetime | None = None
    detail: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Finds needs that the actor may know of and act on, in one query at most."""

    order: int
    find: Callable[[Actor], Iterable[Need]]


_sources: list[Source] = []


def register(source: Source) -> None:
    """Have the overview ask ``source``."""
    _sources.append(source)


def needs(actor: Actor) -> list[Need]:
    """The worst first, then in the order of the sources; at most ``MOST``."""
    found = [need for source in _ordered() for need in source.find(actor)]
    return sorted(found, key=lambda need: STATES.index(need.state))[:MOST]


def _ordered() -> list[Source]:
    return sorted(_sources, key=lambda source: source.order)
