"""How hard a value is to guess, for who chooses one by hand."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from zxcvbn import zxcvbn

LONGEST = 72  # letters; its work grows with their square, and what is longer was not made up
# Of its score, 0 to 4: the lowest two are guessed within the day.
_LEVELS = (0, 0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Strength:
    """bits: of work for who guesses. level: 0 (weak), 1 (fair), 2 (good), 3 (strong)."""

    bits: int
    level: int


def of(text: str) -> Strength:
    """The strength of one value; of long ones the beginning is looked at."""
    if not text:
        return Strength(0, 0)
    found = zxcvbn(text[:LONGEST])
    return Strength(round(log2(found["guesses"])), _LEVELS[found["score"]])
