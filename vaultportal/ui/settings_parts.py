"""What a tab of the settings shows besides its fields; who brings a part registers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class SettingsPart:
    """One section of a tab.

    context: what the template takes, for the one who looks; it asks for its own right.
    """

    tab: str
    template: str
    context: Callable[[Actor], dict[str, Any]]


_parts: list[SettingsPart] = []


def register(part: SettingsPart) -> None:
    """Show ``part`` on its tab; called once, at import."""
    _parts.append(part)


def of(tab: str) -> list[SettingsPart]:
    """The parts of a tab, in the order they came."""
    return [part for part in _parts if part.tab == tab]
