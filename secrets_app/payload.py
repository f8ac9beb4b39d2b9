"""The data of a secret as JSON text, byte for byte as its author sent it.

Decoding and encoding again would turn 1e2 into 100.0 and cut long fractions; so the text of the
value is cut out of the request and stored as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import orjson

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.DOTALL)
_SPACE = b" \t\r\n"
OUTLINE_NAMES = 200
OUTLINE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON object: its text and, where somebody has it already, its value. Neither prints."""

    text: bytes = field(repr=False)
    parsed: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self:
        """The payload of a value that was made here, not received."""
        return cls(encode(value), value)

    @classmethod
    def member(cls, body: bytes, name: str, value: Mapping[str, Any]) -> Self:
        """The payload that stands in ``body``, a valid JSON object, under ``name``.

        value: the same member, parsed already by whoever checked the body.
        """
        return cls(_member_text(body, name), value)

    @property
    def value(self) -> Mapping[str, Any]:
        """The object itself; integers of any size stay integers."""
        if self.parsed is not None:
            return self.parsed
        value: Mapping[str, Any] = json.loads(self.text)
        return value

    @property
    def size(self) -> int:
        """The length of the text in bytes, blanks between its parts included."""
        return len(self.text)

    def outline(self) -> list[str]:
        """The names of its fields, as pages list them before anything is uncovered."""
        return [name[:OUTLINE_LENGTH] for name in list(self.value)[:OUTLINE_NAMES]]


def encode(value: Any) -> bytes:
    """``value`` as JSON text; integers beyond 64 bits are written out too."""
    try:
        return orjson.dumps(value)
    except TypeError:  # orjson stops at 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _member_text(body: bytes, name: str) -> bytes:
    """The text of the member ``name`` of the object that ``body`` is."""
    for key, start, end in _members(body):
        if orjson.loads(key) == name:
            return body[start:end].strip(_SPACE)
    raise KeyError(name)


def _members(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The members of the outermost object: the text of the key, where its value starts and ends."""
    depth = 0
    key = b""
    start = -1
    for token in _TOKEN.finditer(body):
        mark = token[0][:1]
        if mark in b"{[":
            depth += 1
        elif mark in b"}]":
            depth -= 1
            if depth == 0 and start >= 0:
                yield key, start, token.start()
        elif depth == 1:
            if mark == b":":
                start = token.end()
            elif mark == b",":
                yield key, start, token.start()
                start = -1
            elif start < 0:
                key = token[0]
