"""Lists of the wire: ``fq`` filters, ``search``, ``sort``, ``start`` and ``limit``.

A filter that is not understood is refused: clients that find things by name take the first row, so
an ignored filter would let them manage the wrong object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from vaultportal.errors import Fault, Invalid

Row = Mapping[str, Any]
MOST = 100_000

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda held, asked: held == asked,
    "equals": lambda held, asked: held == asked,
    "neq": lambda held, asked: held != asked,
    "contains": lambda held, asked: asked in held,
    "in": lambda held, asked: held in asked.split(","),
    "gt": lambda held, asked: _number(held) > _number(asked),
    "lt": lambda held, asked: _number(held) < _number(asked),
}


def narrow(
    request: HttpRequest, rows: Sequence[Row], names: Mapping[str, Sequence[str]]
) -> tuple[list[Row], int]:
    """The rows that the query asks for, and how many there are before paging.

    rows: each with the keys of ``names``, such as ``id`` and ``name``.
    names: for each key, how clients name it: the last part of a dotted field, in lower case.
    """
    spelled = {name: key for key, every in names.items() for name in every}
    found = list(rows)
    for name in request.GET:
        if name.lower() == "fq":
            for text in request.GET.getlist(name):
                found = _filter(found, text, spelled)
        elif name.lower() == "search":
            found = _search(found, request.GET[name], spelled)
        elif name.lower() == "sort":
            found = _sort(found, request.GET[name], spelled)
    total = len(found)
    start, limit = _whole(request, "start", 0), _whole(request, "limit", MOST)
    return found[start : start + limit], total


def _filter(rows: list[Row], text: str, spelled: Mapping[str, str]) -> list[Row]:
    name, _, rest = text.partition(":")
    operator, _, asked = rest.partition(":")
    test = _TESTS.get(operator.lower())
    key = spelled.get(name.rpartition(".")[2].lower())
    if test is None or key is None:
        raise _refuse("fq")
    wanted = asked.casefold()
    return [row for row in rows if test(str(row[key]).casefold(), wanted)]


def _search(rows: list[Row], text: str, spelled: Mapping[str, str]) -> list[Row]:
    names, operator, asked = [*text.split(":", 2), "", ""][:3]
    keys = {spelled.get(name.rpartition(".")[2].lower()) for name in names.split(",")} - {None}
    if operator.lower() != "contains" or not keys:
        raise _refuse("search")
    wanted = asked.casefold()
    return [row for row in rows if any(wanted in str(row[key or ""]).casefold() for key in keys)]


def _sort(rows: list[Row], text: str, spelled: Mapping[str, str]) -> list[Row]:
    name, _, direction = text.partition(":")
    key = spelled.get(name.rpartition(".")[2].lower())
    if key is None:
        return rows  # the order is no promise; a column that we do not know has none
    if all(isinstance(row[key], int) for row in rows):
        return sorted(rows, key=lambda row: int(row[key]), reverse=direction == "-1")
    return sorted(rows, key=lambda row: str(row[key]).casefold(), reverse=direction == "-1")


def _whole(request: HttpRequest, wanted: str, default: int) -> int:
    for name in request.GET:
        if name.lower() == wanted:
            text = request.GET[name]
            if text.isascii() and text.isdecimal() and len(text) <= 9:
                return min(int(text), MOST)
    return default


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _refuse("fq") from None


def _refuse(name: str) -> Invalid:
    message = "has a field or an operator that is not known"
    return Invalid(message=f"{name} {message}.", faults=(Fault(name, "unknown", message),))
