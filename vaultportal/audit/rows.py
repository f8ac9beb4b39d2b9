"""Rows as a source for INSERT … SELECT: one statement, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any


def source(types: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """A table expression and its parameters. ``types``: the SQL type of each column.

    One row, which is nearly always the case, goes as plain values: arrays cost three times as much.
    """
    if len(rows) == 1:
        return _values(types), list(rows[0])
    return _arrays(types), [list(column) for column in zip(*rows, strict=True)]


@cache
def _values(types: tuple[str, ...]) -> str:
    return f"(VALUES ({', '.join(f'%s::{name}' for name in types)}))"


@cache
def _arrays(types: tuple[str, ...]) -> str:
    return f"unnest({', '.join(f'%s::{name}[]' for name in types)})"
