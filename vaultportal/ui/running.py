"""Jobs that run just now, for the mark in the top bar: each app counts its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Source:
    """count: running jobs that the actor may see, in one query. view: names the page of jobs."""

    count: Callable[[Actor], int]
    view: str

    @property
    def url(self) -> str:
        return reverse(self.view)


_sources: list[Source] = []


def register(source: Source) -> None:
    """Have the top bar ask ``source``."""
    _sources.append(source)


def jobs(actor: Actor) -> tuple[int, str]:
    """How many run, and where the first of them are listed; "" where none run."""
    counted = [(source.count(actor), source) for source in _sources]
    total = sum(count for count, _ in counted)
    url = next((source.url for count, source in counted if count), "")
    return total, url
