"""The one thing that can go wrong."""

from __future__ import annotations

from vaultportal.errors import Fault, Invalid


class InvalidFilter(Invalid):
    """The text is no filter, or its work is more than a filter may do. Never repeats the text.

    problem: what is wrong, as the rest of a sentence. at: where in the text, from 0.
    """

    def __init__(self, problem: str, at: int | None = None) -> None:
        self.problem = problem
        self.at = at
        place = "" if at is None else f" at character {at + 1}"
        sentence = f"{problem}{place}"
        super().__init__(
            "filter",
            f"filter {sentence}.",
            reason="filter",
            faults=(Fault("filter", "format", sentence),),
        )
