"""The panels of the overview: each app names its own, in its ``ui/shell.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Panel:
    """A template and what it shows. side: stands in the narrow column."""

    order: int
    template: str
    context: Callable[[Actor], Mapping[str, Any]]
    side: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with its content for one actor."""

    template: str
    content: Mapping[str, Any]


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    """Put a panel on the overview."""
    _panels.append(panel)


def shown(actor: Actor, *, side: bool) -> list[Shown]:
    """The panels of one column, in their order."""
    fitting = sorted((p for p in _panels if p.side is side), key=lambda panel: panel.order)
    return [Shown(panel.template, panel.context(actor)) for panel in fitting]
