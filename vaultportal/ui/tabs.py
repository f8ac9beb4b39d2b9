"""Tabs: links to parts of a thing, each with an address of its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of ``components/tabs.html``. count: of what is behind it, None when not counted."""

    label: str | Promise
    url: str
    current: bool = False
    count: int | None = None
