"""``.env`` files: one secret with a field for each variable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secrets_app.transfer.entries import Entry, name_of, unreadable

_LINE = re.compile(
    r"""
    \s*(?:export\s+)?(?P<key>[^\s=\#'"\x00-\x1f\x7f][^\s=\x00-\x1f\x7f]*)\s*=[^\S\n]*
    (?:
        '(?P<single>[^']*)'[^\S\n]*(?:\#[^\n]*)?
      | "(?P<double>(?:[^"\\]|\\.)*)"[^\S\n]*(?:\#[^\n]*)?
      | (?P<bare>(?!['"])[^\n]*)
    )(?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_SKIPPED = re.compile(r"[^\S\n]*(?:\#[^\n]*)?(?:\n|\Z)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMMENT = re.compile(r"\s+\#.*\Z", re.DOTALL)
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")


def read(content: bytes, name: str) -> Iterator[Entry]:
    """One entry called ``name``. Values are taken as they stand: nothing is expanded."""
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise unreadable("The file is not text in UTF-8.") from None
    data: dict[str, Any] = {}
    lost: list[str] = []
    place = 0
    while place < len(text):
        if (skipped := _SKIPPED.match(text, place)) and skipped.end() > place:
            place = skipped.end()
            continue
        line = _LINE.match(text, place)
        if line is None:
            number = text.count("\n", 0, place) + 1
            raise unreadable(f"Line {number} of the file is no assignment.")
        if line["key"] in data:
            lost.append(f"an earlier value of {line['key']}")
        value, expands = _value(line)
        if expands:
            lost.append(f"that {line['key']} refers to another variable")
        data[line["key"]] = value
        place = line.end()
    if data:
        yield Entry(name_of(name), data, lost=tuple(lost))


def _value(line: re.Match[str]) -> tuple[str, bool]:
    """The value, and whether a shell would have expanded something in it."""
    if line["single"] is not None:
        return line["single"], False
    if line["double"] is not None:
        value = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), line["double"])
        return value, bool(_VARIABLE.search(line["double"]))
    value = _COMMENT.sub("", line["bare"]).strip()
    return value, bool(_VARIABLE.search(value))
