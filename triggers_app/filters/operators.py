"""The comparisons of predicates, as Jayway makes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from triggers_app.filters.budget import Budget
from triggers_app.filters.nodes import Pattern


class Missing:
    """What a path that leads nowhere gives: equal to nothing, null included."""


MISSING: Final = Missing()
Operator = Callable[[Any, Any, Budget], bool]


def equal(left: Any, right: Any, budget: Budget) -> bool:
    """Equality; a number and a text are equal when they read the same."""
    budget.spend_on(left)
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(equal(*pair, budget) for pair in pairs)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            equal(value, right[key], budget) for key, value in left.items()
        )
    if isinstance(left, str) and is_number(right):
        return left == _written(right)
    if is_number(left) and isinstance(right, str):
        return bool(_read(right) == left)
    if is_number(left) and is_number(right):
        return bool(left == right)
    return type(left) is type(right) and left is not MISSING and bool(left == right)


def is_number(value: Any) -> bool:
    """Whether it is a number; true and false are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _written(number: float) -> str:
    try:
        return str(number)
    except ValueError:  # more digits than Python writes
        return ""


def _read(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _same(left: Any, right: Any, budget: Budget) -> bool:
    both = is_number(left) and is_number(right)
    return (both or type(left) is type(right)) and equal(left, right, budget)


def _ordered(holds: Callable[[Any, Any], bool]) -> Operator:
    def compare(left: Any, right: Any, budget: Budget) -> bool:
        budget.spend_on(left)
        texts = isinstance(left, str) and isinstance(right, str)
        return (texts or (is_number(left) and is_number(right))) and holds(left, right)

    return compare


def _has(items: list[Any], wanted: Any, budget: Budget) -> bool:
    return any(equal(item, wanted, budget) for item in items)


def _in(left: Any, right: Any, budget: Budget) -> bool:
    return isinstance(right, list) and _has(right, left, budget)


def _not_in(left: Any, right: Any, budget: Budget) -> bool:
    return isinstance(right, list) and not _has(right, left, budget)


def _contains(left: Any, right: Any, budget: Budget) -> bool:
    if isinstance(left, str):
        budget.spend_on(left)
        return isinstance(right, str) and right in left
    return isinstance(left, list) and _has(left, right, budget)


def _subset_of(left: Any, right: Any, budget: Budget) -> bool:
    return _are_lists(left, right) and all(_has(right, item, budget) for item in left)


def _any_of(left: Any, right: Any, budget: Budget) -> bool:
    return _are_lists(left, right) and any(_has(right, item, budget) for item in left)


def _none_of(left: Any, right: Any, budget: Budget) -> bool:
    return _are_lists(left, right) and not any(_has(right, item, budget) for item in left)


def _all_in(left: Any, right: Any, budget: Budget) -> bool:
    return _subset_of(right, left, budget)


def _are_lists(left: Any, right: Any) -> bool:
    return isinstance(left, list) and isinstance(right, list)


def _size(left: Any, right: Any, budget: Budget) -> bool:
    budget.spend()
    return isinstance(left, (str, list, dict)) and is_number(right) and len(left) == right


def _empty(left: Any, right: Any, budget: Budget) -> bool:
    budget.spend()
    return isinstance(left, (str, list, dict)) and isinstance(right, bool) and (not left) is right


def _matches(left: Any, right: Any, budget: Budget) -> bool:
    if isinstance(left, Pattern) is isinstance(right, Pattern):
        return False
    pattern, value = (left, right) if isinstance(left, Pattern) else (right, left)
    return any(
        _fits(pattern, each, budget) for each in (value if isinstance(value, list) else [value])
    )


def _fits(pattern: Pattern, value: Any, budget: Budget) -> bool:
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif is_number(value):
        value = _written(value)
    budget.spend_on(value)
    if not isinstance(value, str):
        return False
    try:
        return pattern.compiled.fullmatch(value) is not None
    except UnicodeEncodeError:  # half of a character, which RE2 cannot be given
        return False


# In the order in which they are looked for: longer ones first.
SYMBOLS: dict[str, Operator] = {
    "===": _same,
    "!==": lambda left, right, budget: not _same(left, right, budget),
    "==": equal,
    "!=": lambda left, right, budget: not equal(left, right, budget),
    "=~": _matches,
    ">=": _ordered(lambda left, right: bool(left >= right)),
    "<=": _ordered(lambda left, right: bool(left <= right)),
    ">": _ordered(lambda left, right: bool(left > right)),
    "<": _ordered(lambda left, right: bool(left < right)),
}
WORDS: dict[str, Operator] = {
    "in": _in,
    "nin": _not_in,
    "contains": _contains,
    "subsetof": _subset_of,
    "anyof": _any_of,
    "noneof": _none_of,
    "all": _all_in,
    "size": _size,
    "empty": _empty,
}
OPERATORS = SYMBOLS | WORDS
