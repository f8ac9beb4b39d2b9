"""``${secret:name/field}`` in the data of one secret, standing for a field of another."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from secrets_app.payload import encode

_PATTERN = re.compile(r"\$\{secret:([^{}]+)/([^{}/]+)\}")
MAX_REFERENCES = 50


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of a secret, by names: a name may hold slashes, a field may not."""

    name: str
    field: str


def found_in(value: Any) -> set[Reference]:
    """Every reference in the strings of a JSON value, keys left alone."""
    if isinstance(value, str):
        return {Reference(*match.groups()) for match in _PATTERN.finditer(value)}
    if isinstance(value, Mapping):
        return set[Reference]().union(*map(found_in, value.values()))
    if isinstance(value, list):
        return set[Reference]().union(*map(found_in, value))
    return set()


def replaced(value: Any, fetch: Callable[[Reference], Any]) -> Any:
    """The value with its references replaced, one level: what comes in is not looked at again.

    A string that is nothing but a reference becomes the field as it is, of any type; within a
    longer text, text stays text and everything else is written as JSON would write it.
    """
    if isinstance(value, str):
        if whole := _PATTERN.fullmatch(value):
            return fetch(Reference(*whole.groups()))
        return _PATTERN.sub(lambda match: _as_text(fetch(Reference(*match.groups()))), value)
    if isinstance(value, Mapping):
        return {key: replaced(item, fetch) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, fetch) for item in value]
    return value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else encode(value).decode()
