"""One page in one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """path: may hold {names} of things that a seed made. view: its name in the URLs.

    reason: why the session browses collections before this page is opened; "" as it is.
    form: is posted to ``path``, with {names} too; the page is the answer, or where that leads.
    browser: one of its own; where a seed put a session under this name, that is signed in.
    """

    name: str
    path: str
    view: str
    signed_in: bool = True
    status: int = 200
    reason: str = ""
    form: tuple[tuple[str, str], ...] = ()
    browser: str = ""

    def form_for(self, things: Mapping[str, str]) -> list[tuple[str, str]]:
        """The form with the things that it names."""
        return [(name, value.format(**things)) for name, value in self.form]
