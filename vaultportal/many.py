"""The same done to many: each by its own service, in its own transaction.

One that is refused does not hinder the others; what became of each is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from vaultportal.errors import VaultError

MOST = 500  # in one request

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Thing]):
    """What became of one of many; refusal: None when it was done."""

    thing: Thing
    refusal: VaultError | None = None


def to_each(things: Iterable[Thing], act: Callable[[Thing], object]) -> list[Outcome[Thing]]:
    """Call ``act``, a service that asks the access rule and leaves the trace, for each."""
    outcomes = []
    for thing in things:
        try:
            act(thing)
        except VaultError as refusal:
            outcomes.append(Outcome(thing, refusal))
        else:
            outcomes.append(Outcome(thing))
    return outcomes
