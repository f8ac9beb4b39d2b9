"""Text from outside: what the database cannot hold is refused, or left out where none reads it."""

from __future__ import annotations

from typing import Any

from vaultportal.errors import Fault, Invalid

MAX_KEPT = 64 * 1024


def one_line(text: str, most: int) -> str:
    """What fits a line of so many characters; whatever cannot be printed is left out."""
    return "".join(letter for letter in text if letter.isprintable())[:most].strip()


def check_kept(name: str, value: Any) -> None:
    """Invalid when a JSON value holds a NUL, or more than 64 Ki characters in all."""
    length = 0
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str):
            length += len(item)
            if "\x00" in item:
                raise _invalid(name, "format", "must not hold a NUL")
        else:
            length += 1
    if length > MAX_KEPT:
        raise _invalid(name, "range", f"must have at most {MAX_KEPT} characters in all")


def check_line(name: str, value: str, most: int) -> None:
    """Invalid when one line of text is too long or holds control characters."""
    if len(value) > most:
        raise _invalid(name, "range", f"must have at most {most} characters")
    if value and not value.isprintable():
        raise _invalid(name, "format", "must not hold control characters")


def check_name(name: str, value: str, most: int) -> None:
    """As ``check_line``, and neither empty nor with blank ends."""
    if not value:
        raise _invalid(name, "missing", "is required")
    check_line(name, value, most)
    if value != value.strip():
        raise _invalid(name, "format", "must not begin or end with a blank")


def _invalid(name: str, code: str, message: str) -> Invalid:
    return Invalid(message=f"{name} {message}.", faults=(Fault(name, code, message),))
