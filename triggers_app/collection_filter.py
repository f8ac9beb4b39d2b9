"""The filters of lists on the wire: a SCIM-like language, of which each list takes a part.

::

    expr   := or ;  or := and ("or" and)* ;  and := not ("and" not)*
    not    := "not" not | "(" expr ")" | cond
    cond   := field op value | field "in" "(" value ("," value)* ")" | "pr" field | field "isnull"
    value  := "double quoted" | number | true | false | ISO date-time

Source: contract of triggers, section 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q

from vaultportal.errors import Fault, Invalid

MAX_LENGTH = 4096
MAX_NESTING = 32
COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le", "co", "sw", "ca"})
_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[(),])|(?P<text>\"(?:[^\"\\]|\\[\"\\])*\")|(?P<word>[^\s(),\"]+))"
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[+-][0-9:]+)?)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison; ``values`` has one item; ``in`` some, ``pr`` and ``isnull`` none."""

    name: str
    operator: str
    values: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Negation:
    inner: Node


@dataclass(frozen=True, slots=True)
class Junction:
    """``parts`` joined by "and" or "or"."""

    word: str
    parts: tuple[Node, ...]


Node: TypeAlias = Condition | Negation | Junction


def parse(text: str) -> Node:
    """The expression of a ``filters`` parameter; Invalid for what is none."""
    if len(text) > MAX_LENGTH:
        raise wrong("is too long")
    parser = _Parser(text)
    node = parser.either()
    if parser.next is not None:
        raise wrong("has something after its end")
    return node


def wrong(problem: str) -> Invalid:
    """A refusal; it never repeats the text."""
    return Invalid(message=f"filters {problem}.", faults=(Fault("filters", "format", problem),))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0
        self._depth = 0
        self.next: re.Match[str] | None = None
        self._advance()

    def _advance(self) -> None:
        if self._at >= len(self._text):
            self.next = None
            return
        self.next = _TOKEN.match(self._text, self._at)
        if self.next is None:
            raise wrong("has a quote that is not closed")
        self._at = self.next.end()

    def _takes(self, kind: str, *words: str) -> bool:
        if self.next is None or self.next[kind] not in words:
            return False
        self._advance()
        return True

    def _word(self) -> str:
        if self.next is None or self.next["word"] is None:
            raise wrong("lacks a word")
        word = self.next["word"]
        self._advance()
        return str(word)

    def either(self) -> Node:
        parts = [self._both()]
        while self._takes("word", "or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Junction("or", tuple(parts))

    def _both(self) -> Node:
        parts = [self._negated()]
        while self._takes("word", "and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def _negated(self) -> Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise wrong("is nested too deeply")
        if self._takes("word", "not"):
            node: Node = Negation(self._negated())
        elif self._takes("mark", "("):
            node = self.either()
            if not self._takes("mark", ")"):
                raise wrong("lacks a closing parenthesis")
        else:
            node = self._condition()
        self._depth -= 1
        return node

    def _condition(self) -> Condition:
        name = self._word()
        if name == "pr":
            return Condition(self._word(), "pr")
        operator = self._word()
        if operator == "isnull":
            return Condition(name, "isnull")
        if operator == "in":
            return Condition(name, "in", self._values())
        if operator not in COMPARISONS:
            raise wrong("has an operator that is not known")
        return Condition(name, operator, (self._value(),))

    def _values(self) -> tuple[str, ...]:
        if not self._takes("mark", "("):
            raise wrong("lacks a list of values")
        values = [self._value()]
        while self._takes("mark", ","):
            values.append(self._value())
        if not self._takes("mark", ")"):
            raise wrong("lacks a closing parenthesis")
        return tuple(values)

    def _value(self) -> str:
        token = self.next
        if token is None:
            raise wrong("lacks a value")
        if token["text"] is not None:
            self._advance()
            return re.sub(r"\\(.)", r"\1", token["text"][1:-1])
        word = self._word()
        plain = _NUMBER.fullmatch(word) or _TIME.fullmatch(word) or word in ("true", "false")
        if not plain:
            raise wrong("has a value without quotes")
        return word


@dataclass(frozen=True, slots=True)
class Field:
    """What one list lets filter by. column: of the table. is_id: values are UUIDs."""

    column: str
    operators: frozenset[str]
    is_id: bool = False


_LOOKUPS = {"eq": "iexact", "le": "lte", "ge": "gte"}


def as_q(node: Node, fields: Mapping[str, Field]) -> Q:
    """The expression as a condition on rows; Invalid for fields and operators not in ``fields``."""
    if isinstance(node, Negation):
        return ~as_q(node.inner, fields)
    if isinstance(node, Junction):
        found = as_q(node.parts[0], fields)
        for part in node.parts[1:]:
            more = as_q(part, fields)
            found = found | more if node.word == "or" else found & more
        return found
    known = fields.get(node.name)
    _check(node, known.operators if known else None)
    assert known is not None  # noqa: S101 the check above
    value = node.values[0]
    if "\0" in value:
        return Q(pk__in=[])
    if known.is_id:
        try:
            return Q(**{known.column: UUID(value)})
        except ValueError:
            return Q(pk__in=[])
    return Q(**{f"{known.column}__{_LOOKUPS[node.operator]}": value})


def as_condition(node: Node | None, fields: Mapping[str, Field]) -> Q:
    """``as_q``, and everything where no filter is given."""
    return Q() if node is None else as_q(node, fields)


_HOLDS: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda mine, theirs: mine == theirs,
    "ge": lambda mine, theirs: mine >= theirs,
    "le": lambda mine, theirs: mine <= theirs,
}


def holds(node: Node, row: Mapping[str, Any], fields: Mapping[str, frozenset[str]]) -> bool:
    """The expression for one row in memory, whose ``fields`` are texts; Invalid as above."""
    if isinstance(node, Negation):
        return not holds(node.inner, row, fields)
    if isinstance(node, Junction):
        # All of them, so that what is wrong is told whatever the others say.
        answers = [holds(part, row, fields) for part in node.parts]
        return any(answers) if node.word == "or" else all(answers)
    _check(node, fields.get(node.name))
    return _HOLDS[node.operator](str(row[node.name]).casefold(), node.values[0].casefold())


def _check(condition: Condition, operators: frozenset[str] | None) -> None:
    if operators is None:
        raise wrong("names a field that this list cannot be filtered by")
    if condition.operator not in operators:
        raise wrong("has an operator that this field does not take")
