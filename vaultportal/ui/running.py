"""Jobs that run just now, for the mark in the top bar and the overview: each app tells its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from vaultportal.identity.actor import Actor

FEW = 5  # of one source


@dataclass(frozen=True, slots=True)
class Line:
    """One job. detail: what it does just now. percent: None where nobody knows of how much."""

    label: str | Promise
    url: str
    detail: str | Promise = ""
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Running jobs that an actor may see.

    count: how many, in one query. find: the first ``FEW``.
    view, query: where they are listed.
    """

    count: Callable[[Actor], int]
    view: str
    find: Callable[[Actor], Iterable[Line]]
    query: str = ""

    @property
    def url(self) -> str:
        return reverse(self.view) + self.query


_sources: list[Source] = []


def register(source: Source) -> None:
    """Have the top bar and the overview ask ``source``."""
    _sources.append(source)


def jobs(actor: Actor) -> tuple[int, str]:
    """How many run, and where the first of them are listed; "" where none run."""
    counted = [(source.count(actor), source) for source in _sources]
    total = sum(count for count, _ in counted)
    url = next((source.url for count, source in counted if count), "")
    return total, url


def lines(actor: Actor) -> list[Line]:
    """The first ones of each source."""
    return [line for source in _sources for line in source.find(actor)]


def share(done: int, total: int) -> int | None:
    """Percent of what is known to be done."""
    return min(100, done * 100 // total) if total else None
