"""Policies, made ready to answer: may this operation touch this resource for this reason?

Globs are matched by re2, whose time grows with the length of the name only, whatever the globs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

EVERY = "*"
# Characters of globs that are compiled together: re2 bounds the memory of one automaton.
GLOBS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy without its row. See ``vaultportal.identity.models.Policy`` for the fields."""

    name: str
    denies: bool
    operations: frozenset[str]
    reasons: frozenset[str]
    resources: tuple[str, ...]

    def concerns(self, operation: str, reason: str) -> bool:
        """Whether it votes at all on this operation for this reason."""
        return not (
            self.operations.isdisjoint((operation, EVERY))
            or self.reasons.isdisjoint((reason, EVERY))
        )


class Policies:
    """The votes of all policies of one set of roles."""

    __slots__ = ("_globs", "_operations", "_reasons", "rules")

    def __init__(self, rules: tuple[Rule, ...] = ()) -> None:
        self.rules = rules
        self._operations = frozenset[str]().union(*(rule.operations for rule in rules))
        self._reasons = frozenset[str]().union(*(rule.reasons for rule in rules))
        self._globs: dict[tuple[bool, str, str], Globs] = {}

    def allow(self, operation: str, names: Collection[str], reason: str) -> bool:
        """True when at least one policy allows and none denies.

        names: what the resource is called, in all ways; a policy that knows one of them votes.
        """
        asked = (operation, names, reason)
        return self._any(*asked, denies=False) and not self._any(*asked, denies=True)

    def voters(self, operation: str, names: Collection[str], reason: str) -> Iterator[Rule]:
        """The policies that do not abstain, for an explanation."""
        for rule in self.rules:
            if rule.concerns(operation, reason) and Globs(rule.resources).match_any(names):
                yield rule

    def _any(self, operation: str, names: Collection[str], reason: str, *, denies: bool) -> bool:
        # What no rule names can only be matched by "*", so a free text cannot fill the memory.
        key = (
            denies,
            operation if operation in self._operations else EVERY,
            reason if reason in self._reasons else EVERY,
        )
        globs = self._globs.get(key)
        if globs is None:
            globs = self._globs[key] = Globs(
                glob
                for rule in self.rules
                if rule.denies is denies and rule.concerns(key[1], key[2])
                for glob in rule.resources
            )
        return globs.match_any(names)


class Globs:
    """Some globs at once: ``*`` is any characters, ``?`` one, ``\\`` takes the next literally."""

    __slots__ = ("_automata", "_literals")

    def __init__(self, globs: Iterable[str]) -> None:
        literals: set[str] = set()
        expressions: list[str] = []
        for glob in globs:
            literal, expression = translate(glob)
            if literal is None:
                expressions.append(expression)
            else:
                literals.add(literal)
        self._literals = frozenset(literals)
        self._automata = [re2.compile("|".join(chunk)) for chunk in _chunks(expressions)]

    def match_any(self, names: Iterable[str]) -> bool:
        """Whether a glob matches the whole of one of the names."""
        return any(
            name in self._literals or any(one.fullmatch(name) for one in self._automata)
            for name in names
        )


def translate(glob: str) -> tuple[str | None, str]:
    """The one name that the glob matches (None when it has wildcards), and its expression."""
    literal: list[str] = []
    expression: list[str] = []
    wild = False
    characters = iter(glob)
    for character in characters:
        if character == "*":
            wild = True
            if expression[-1:] != ["(?s:.*)"]:
                expression.append("(?s:.*)")
        elif character == "?":
            wild = True
            expression.append("(?s:.)")
        else:
            # A backslash at the very end has nothing to take: it stands for itself.
            taken = next(characters, "\\") if character == "\\" else character
            literal.append(taken)
            expression.append(re2.escape(taken))
    return (None if wild else "".join(literal)), "".join(expression)


def _chunks(expressions: list[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    length = 0
    for expression in expressions:
        if chunk and length + len(expression) > GLOBS_AT_ONCE:
            yield chunk
            chunk, length = [], 0
        chunk.append(expression)
        length += len(expression)
    if chunk:
        yield chunk


@lru_cache(maxsize=1024)
def prepared(rules: tuple[Rule, ...]) -> Policies:
    """One set of matchers for all actors whose roles have the same policies."""
    return Policies(rules)


def read(rows: Iterable[dict[str, Any]]) -> Policies:
    """From JSON objects with the columns of the policies' table."""
    return prepared(
        tuple(
            Rule(
                name=row["name"],
                denies=row["policy_type"] == "deny",
                operations=frozenset(row["operations"]),
                reasons=frozenset(row["reasons"]),
                resources=tuple(row["resources"]),
            )
            for row in rows
        )
    )


NO_POLICIES = prepared(())
