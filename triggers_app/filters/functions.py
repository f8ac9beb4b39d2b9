"""The functions that may end a path."""

from __future__ import annotations

from typing import Any

from triggers_app.filters.budget import Budget
from triggers_app.filters.errors import InvalidFilter
from triggers_app.filters.operators import MISSING, is_number

MOST_ARGUMENTS = 32
MOST_LETTERS = 65_536
# Name: how many arguments it takes at least and at most.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "length": (0, 0),
    "size": (0, 0),
    "min": (0, 0),
    "max": (0, 0),
    "avg": (0, 0),
    "sum": (0, 0),
    "keys": (0, 0),
    "first": (0, 0),
    "last": (0, 0),
    "index": (1, 1),
    "concat": (0, MOST_ARGUMENTS),
}


def call(name: str, subject: Any, arguments: list[Any], budget: Budget) -> Any:
    """What the function makes of ``subject``; MISSING where it makes nothing of it."""
    if name == "concat":
        return _concatenated([subject, *arguments], budget)
    budget.spend_on(subject)
    if name in ("length", "size"):
        return len(subject) if isinstance(subject, (str, list, dict)) else MISSING
    if name == "keys":
        return list(subject) if isinstance(subject, dict) else MISSING
    if not isinstance(subject, list) or not subject:
        return MISSING
    if name in ("first", "last", "index"):
        number = {"first": 0, "last": -1}.get(name, arguments[0] if arguments else 0)
        in_bounds = type(number) is int and -len(subject) <= number < len(subject)
        return subject[number] if in_bounds else MISSING
    return _reckoned(name, [each for each in subject if is_number(each)])


def _reckoned(name: str, numbers: list[Any]) -> Any:
    if not numbers:
        return MISSING
    try:
        if name == "min":
            return min(numbers)
        if name == "max":
            return max(numbers)
        total = sum(numbers)
        return total if name == "sum" else total / len(numbers)
    except OverflowError:  # whole numbers beyond what a fraction can hold
        return MISSING


def _concatenated(parts: list[Any], budget: Budget) -> str:
    texts = []
    for part in parts:
        for each in part if isinstance(part, list) else [part]:
            budget.spend_on(each)
            if isinstance(each, str):
                texts.append(each)
    if sum(map(len, texts)) > MOST_LETTERS:
        raise InvalidFilter("makes a text that is too long")
    return "".join(texts)
