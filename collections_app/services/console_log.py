"""What code writes with ``console``, as lines of the portal's log without the values.

A text goes into the log only when it stands in the bundle's own source: that much its author has
written. Everything else shows its type and size.
"""

from __future__ import annotations

import logging
from typing import Any

import orjson

from vaultportal.ops.logging import fields

logger = logging.getLogger("collections_app.actions")
LONGEST_TEXT = 200
MOST_ARGUMENTS = 10


def write(function: str, invocation: str, source: str, level: str, arguments: list[Any]) -> None:
    """One line of ``function``."""
    shown = " ".join(redacted(each, source) for each in arguments[:MOST_ARGUMENTS])
    severity = logging.WARNING if level in ("warn", "error") else logging.INFO
    logger.log(severity, "%s says: %s", function, shown, extra=fields(invocation=invocation))


def redacted(value: Any, source: str) -> str:
    """A literal of the source as it is, anything else by its type."""
    if value is None or isinstance(value, bool):
        return orjson.dumps(value).decode()
    if isinstance(value, str):
        # Lone letters and digits stand in every source: they prove nothing.
        if 2 < len(value) <= LONGEST_TEXT and _is_literal(value, source):
            return value
        return f"<text of {len(value)}>"
    if isinstance(value, list):
        return f"<list of {len(value)}>"
    return f"<object of {len(value)}>" if isinstance(value, dict) else "<number>"


def _is_literal(text: str, source: str) -> bool:
    """Whether the text is a whole string of the source."""
    if not text.isprintable() or any(mark in text for mark in "\"'`\\"):
        return False
    return any(f"{mark}{text}{mark}" in source for mark in "\"'`")
