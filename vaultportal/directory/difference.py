"""What a change of rights or roles gave and took, as the trail keeps it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Self

from vaultportal.audit.entry import MAX_ITEMS


@dataclass(frozen=True, slots=True)
class Difference:
    """Names, sorted. What there is of them beyond an entry's room is counted."""

    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @classmethod
    def of(cls, before: Collection[str], after: Collection[str]) -> Self:
        """From one set of names to another."""
        return cls(tuple(sorted(set(after) - set(before))), tuple(sorted(set(before) - set(after))))

    def detail(self) -> dict[str, Any]:
        """For ``trail.record``: nothing of a side on which nothing changed."""
        return {**_side("gained", self.gained), **_side("lost", self.lost)}


NOTHING = Difference()


def _side(name: str, names: Iterable[str]) -> dict[str, Any]:
    found = list(names)
    if not found:
        return {}
    if len(found) <= MAX_ITEMS:
        return {name: [*found]}
    return {name: [*found[:MAX_ITEMS]], f"{name}_in_all": len(found)}
