"""Filters of subscriptions: the Jayway dialect of JSONPath, bounded in every direction.

::

    keep = compile_filter('$[?($.vault.name == "finance")]')
    keep.matches(payload)

Text, nesting and work are limited, and regular expressions take linear time (RE2), since filters
are what callers wrote and run in the worker. Whatever is wrong, ``InvalidFilter`` is all that is
raised.

Source: contract of triggers, section 8; the documentation of Jayway JsonPath.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from triggers_app.filters.budget import Budget
from triggers_app.filters.errors import InvalidFilter
from triggers_app.filters.evaluator import Found, evaluate
from triggers_app.filters.nodes import Path
from triggers_app.filters.parser import MAX_LENGTH, parse

__all__ = ["MAX_LENGTH", "Filter", "InvalidFilter", "compile_filter"]

CACHED = 2048
_NOTHING: tuple[Any, ...] = (None, False, "", [], {})


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter, ready to be asked."""

    text: str = field(repr=False)
    path: Path = field(repr=False)

    def matches(self, payload: Mapping[str, Any]) -> bool:
        """Whether an event with this payload is to be delivered.

        A path that may find many must find one; a path to one place must find something there
        that is not null, false or empty.

        Raises:
            InvalidFilter: it would take more work than a filter may.
        """
        found = self._evaluate(payload)
        if not found.is_definite:
            return bool(found.values)
        return found.exists and not _is_nothing(found.values[0])

    def path_exists(self, payload: Mapping[str, Any]) -> bool:
        """Whether each place that the path names outside of its predicates is there."""
        return self._evaluate(payload).exists

    def _evaluate(self, payload: Mapping[str, Any]) -> Found:
        document = dict(payload)
        try:
            return evaluate(self.path, document, document, Budget())
        except RecursionError:
            raise InvalidFilter("goes too deep for this event") from None


@lru_cache(maxsize=CACHED)
def compile_filter(text: str) -> Filter:
    """The filter of ``text``; InvalidFilter when there is none."""
    return Filter(text, parse(text))


def _is_nothing(value: Any) -> bool:
    return any(type(value) is type(nothing) and value == nothing for nothing in _NOTHING)
