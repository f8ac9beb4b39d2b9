"""A field that may hold plaintext, as pages show it: masked, or uncovered for a while."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One row.

    key: names the field in addresses and ids: a position or a property, nothing of a value.
    mask: what is shown of the value while it is hidden; "" for the twelve dots.
    text: the value; None while it is hidden.
    is_plain: nothing to hide: ``mask`` is the value itself.
    """

    key: str
    name: str
    hint: str = ""
    mask: str = ""
    text: str | None = field(default=None, repr=False)
    is_plain: bool = False

    def opened(self, text: str) -> FieldRow:
        """The same row with its value visible."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class Uncovering:
    """What somebody asks to see.

    page_url: of the thing that the field belongs to; reveal_url: where the asking goes.
    version: of the thing, as the page showed it; "" where there are none.
    needs_ticket: each look at the thing needs a ticket.
    """

    row: FieldRow
    page_url: str
    reveal_url: str
    version: str = ""
    needs_ticket: bool = False
    crumbs: tuple[tuple[str, str], ...] = ()
    thing: Any = field(default=None, repr=False)
