"""What the scope names of OAuth tokens narrow a credential to.

A token may carry a right by its full name (``secrets_app.read_secret``, ``secrets_app.*``). Names
that a dialect's clients ask for ("privx-user") mean what their app registers. An unknown name, or
no name at all, reaches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

EVERYTHING = "*"

_meanings: dict[str, frozenset[str]] = {}


def register(name: str, *reaches: str) -> None:
    """Say what the scope ``name`` reaches; ``*`` is all that the token's user may do."""
    _meanings[name] = frozenset(reaches)


def registered() -> list[str]:
    """The names that tokens may be given, sorted."""
    return sorted(_meanings)


def reach(names: Iterable[str]) -> frozenset[str] | None:
    """The scopes of a credential with these names; None for all."""
    reached: set[str] = set()
    for name in names:
        meaning = _meanings.get(name)
        if meaning is not None:
            reached |= meaning
        elif "." in name or name == EVERYTHING:
            reached.add(name)
    return None if EVERYTHING in reached else frozenset(reached)
