"""What a person finds about themselves: each app names its pages, in its ``ui/shell.py``."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Line:
    """One page. view: the name of its address."""

    order: int
    label: str | Promise
    icon: str
    view: str

    @property
    def url(self) -> str:
        return reverse(self.view)


_lines: list[Line] = []


def register(*lines: Line) -> None:
    """Name pages of the profile."""
    _lines.extend(lines)


def lines() -> list[Line]:
    """In their order."""
    return sorted(_lines, key=lambda line: line.order)
