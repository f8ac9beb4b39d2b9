"""Walking an event along a path. A predicate on an object tests that object, as Jayway does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from triggers_app.filters.budget import Budget
from triggers_app.filters.functions import call
from triggers_app.filters.nodes import (
    All,
    Any_,
    Comparison,
    Everything,
    Exists,
    Expression,
    Indexes,
    Literal,
    Members,
    Not,
    Path,
    Pattern,
    Range,
    Selector,
    Value,
    Where,
)
from triggers_app.filters.operators import MISSING, OPERATORS


@dataclass(frozen=True, slots=True)
class Found:
    """Where a path has led.

    is_definite: it could lead to one place at most; then ``values`` has one item, or none.
    exists: no place that the path names was missing on the way.
    """

    values: list[Any] = field(repr=False)
    is_definite: bool
    exists: bool = True

    @property
    def value(self) -> Any:
        """What a predicate compares: the one value, MISSING, or all values as an array."""
        if not self.is_definite:
            return self.values if self.exists else MISSING
        return self.values[0] if self.exists else MISSING


def evaluate(path: Path, root: Any, here: Any, budget: Budget) -> Found:
    """Follow ``path`` from the event ``root``, or from ``here`` inside a predicate."""
    found = _walk(path, root, here, budget)
    function = path.function
    if function is None or not found.exists:
        return found if function is None else Found([], is_definite=True, exists=False)
    arguments = [_value(each, root, here, budget) for each in function.arguments]
    result = call(function.name, found.value, arguments, budget)
    there = result is not MISSING
    return Found([result] if there else [], is_definite=True, exists=there)


def _walk(path: Path, root: Any, here: Any, budget: Budget) -> Found:
    nodes = [here if path.from_here else root]
    is_definite = True
    for step in path.steps:
        found: list[Any] = []
        for node in nodes:
            for place in _all_below(node, budget) if step.deep else (node,):
                applies = _select(step.selector, place, root, budget, found)
                if is_definite and not step.deep and not applies:
                    return Found([], step.is_definite, exists=False)
        if is_definite and step.is_definite and not found:
            return Found([], is_definite=True, exists=False)
        is_definite = is_definite and step.is_definite
        nodes = found
    return Found(nodes, is_definite)


def _all_below(node: Any, budget: Budget) -> Iterator[Any]:
    """The node and everything in it, parents first."""
    waiting = [node]
    while waiting:
        budget.spend()
        each = waiting.pop()
        yield each
        if isinstance(each, dict):
            waiting.extend(reversed(each.values()))
        elif isinstance(each, list):
            waiting.extend(reversed(each))


def _select(selector: Selector, node: Any, root: Any, budget: Budget, found: list[Any]) -> bool:
    """Add what is selected in ``node``; whether a node of its kind can be asked that at all."""
    budget.spend()
    if isinstance(selector, Members):
        if not isinstance(node, dict):
            return False
        budget.spend(len(selector.names))
        found.extend(node[name] for name in selector.names if name in node)
        return True
    if isinstance(selector, Everything):
        if isinstance(node, (dict, list)):
            budget.spend(len(node))
            found.extend(node.values() if isinstance(node, dict) else node)
        return True
    if isinstance(selector, Where):
        return _select_where(selector, node, root, budget, found)
    if not isinstance(node, list):
        return False
    if isinstance(selector, Indexes):
        budget.spend(len(selector.numbers))
        size = len(node)
        found.extend(node[at] for at in selector.numbers if -size <= at < size)
    elif isinstance(selector, Range):
        chosen = node[selector.first : selector.end]
        budget.spend(len(chosen))
        found.extend(chosen)
    return True


def _select_where(where: Where, node: Any, root: Any, budget: Budget, found: list[Any]) -> bool:
    if isinstance(node, dict):
        if _holds(where.condition, root, node, budget):
            found.append(node)
        return True
    if not isinstance(node, list):
        return False
    found.extend(each for each in node if _holds(where.condition, root, each, budget))
    return True


def _holds(expression: Expression, root: Any, here: Any, budget: Budget) -> bool:
    budget.spend()
    if isinstance(expression, All):
        return all(_holds(part, root, here, budget) for part in expression.parts)
    if isinstance(expression, Any_):
        return any(_holds(part, root, here, budget) for part in expression.parts)
    if isinstance(expression, Not):
        return not _holds(expression.inner, root, here, budget)
    if isinstance(expression, Exists):
        found = evaluate(expression.path, root, here, budget)
        return found.exists and (found.is_definite or bool(found.values))
    return _compares(expression, root, here, budget)


def _compares(comparison: Comparison, root: Any, here: Any, budget: Budget) -> bool:
    left = _value(comparison.left, root, here, budget)
    right = _value(comparison.right, root, here, budget)
    return OPERATORS[comparison.operator](left, right, budget)


def _value(value: Value, root: Any, here: Any, budget: Budget) -> Any:
    if isinstance(value, Path):
        return evaluate(value, root, here, budget).value
    if isinstance(value, Literal):
        return value.value
    assert isinstance(value, Pattern)  # noqa: S101 the last of the three
    return value
