"""Pieces of three letters, hashed under a key: what finds a part of an encrypted value.

The database sees numbers that tell nothing without the index key of the collection; two values
share one where they share three letters, which is what a substring index gives away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import re2

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from vaultportal.crypto import blind_index

LENGTH = 3
FEWEST = 2  # pieces that a pattern must have


def pieces(text: str) -> set[str]:
    """All runs of three letters, whatever their case."""
    folded = text.casefold()
    return {folded[start : start + LENGTH] for start in range(len(folded) - LENGTH + 1)}


def hashes(schema: CollectionSchema, each: PropertySchema, found: Iterable[str]) -> list[int]:
    """The pieces as keyed 64-bit numbers, sorted: their order tells nothing of the text."""
    return sorted(
        int.from_bytes(
            blind_index.digest(schema.scope, f"{each.id} pieces", piece.encode())[:8],
            "big",
            signed=True,
        )
        for piece in found
    )


class Glob:
    """``*`` is any run, ``?`` one character, a backslash takes the next literally."""

    def __init__(self, pattern: str) -> None:
        runs: list[str] = [""]
        expression: list[str] = []
        characters = iter(pattern)
        for character in characters:
            if character in "*?":
                runs.append("")
                expression.append(".*" if character == "*" else ".")
                continue
            taken = next(characters, "\\") if character == "\\" else character
            runs[-1] += taken
            expression.append(re2.escape(taken.casefold()))
        self.literal: str | None = runs[0] if len(runs) == 1 else None
        self.pieces = {piece for run in runs for piece in pieces(run)}
        self._fullmatch: Callable[[str], Any] = re2.compile("(?s)" + "".join(expression)).fullmatch

    def matches(self, value: Any) -> bool:
        """Whether the whole of ``value`` fits the pattern."""
        return isinstance(value, str) and self._fullmatch(value.casefold()) is not None
