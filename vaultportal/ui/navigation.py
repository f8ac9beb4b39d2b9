"""The rail: each app names its own entries, in its ``ui/shell.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.actor import Actor


class Group(Enum):
    """The groups of the rail, in their order; the value is the heading."""

    TOP = ""
    DATA = _("PII data")
    SECRETS = _("Secrets")
    STORAGE = _("Storage")
    EVENTS = _("Events")
    GOVERN = _("Govern")


# After "g", by the beginning of the address.
LETTERS = {
    "/": "o",
    "/collections/": "c",
    "/secrets/personal/": "s",
    "/storage/vaults/": "v",
    "/events/triggers/": "e",
    "/audit/": "a",
}


def anybody(actor: Actor) -> bool:
    """An entry for all who are signed in."""
    return True


@dataclass(frozen=True, slots=True)
class Count:
    """What stands at an entry. words: a number, or with a word. state: "bad", or ""."""

    words: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the rail.

    order: within its group.
    view: name of its address ("secrets:personal").
    shown_to: whether the actor may view anything behind it; cheap, since every page asks.
    count: how much of it there is for whom it is shown to, in one query; None for nothing. It is
        asked for after the page.
    """

    group: Group
    order: int
    label: str | Promise
    icon: str
    view: str
    shown_to: Callable[[Actor], bool] = field(default=anybody)
    count: Callable[[Actor], Count | None] | None = None

    @property
    def url(self) -> str:
        return reverse(self.view)

    @property
    def mark(self) -> str:
        """The id of the place of its count; "" for an entry that has none."""
        return f"count-{self.view.replace(':', '-')}" if self.count else ""

    @property
    def letter(self) -> str:
        """The key that leads here after "g"; "" for none."""
        return LETTERS.get(self.url, "")


@dataclass(frozen=True, slots=True)
class Section:
    """A group with the entries that are shown."""

    heading: str | Promise
    entries: list[Entry]
    name: str


_entries: list[Entry] = []


def register(*entries: Entry) -> None:
    """Put entries on the rail."""
    _entries.extend(entries)


def sections(actor: Actor) -> list[Section]:
    """What ``actor`` finds on the rail."""
    shown = sorted((e for e in _entries if e.shown_to(actor)), key=lambda entry: entry.order)
    grouped = [
        Section(group.value, [e for e in shown if e.group is group], group.name.lower())
        for group in Group
    ]
    return [section for section in grouped if section.entries]


def counts(actor: Actor) -> list[tuple[Entry, Count]]:
    """What stands at the entries that ``actor`` finds; those with nothing are left out."""
    counted = [(e, e.count(actor)) for e in _entries if e.count is not None and e.shown_to(actor)]
    return [(entry, count) for entry, count in counted if count is not None]


def numbered(count: Callable[[Actor], int]) -> Callable[[Actor], Count | None]:
    """The plain number as a count, unless it is zero."""

    def counted(actor: Actor) -> Count | None:
        number = count(actor)
        return Count(number_format(number)) if number else None

    return counted


def current(path: str, found: list[Section]) -> Entry | None:
    """The entry that ``path`` lies at or below: the one with the longest address."""
    entries = [entry for section in found for entry in section.entries]
    fitting = [e for e in entries if path == e.url or (e.url != "/" and path.startswith(e.url))]
    return max(fitting, key=lambda entry: len(entry.url), default=None)


register(Entry(Group.TOP, 0, _("Overview"), "layout-dashboard", "ui:home"))
