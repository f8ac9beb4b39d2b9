"""What JSON may hold that a jsonb column, or an answer, cannot; and how much of it is kept."""

from __future__ import annotations

import json
import math
from typing import Any

from vaultportal.errors import Fault

MOST_LETTERS = 256 * 1024
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**64 - 1


def faults_of(value: Any, name: str) -> list[Fault]:
    """A fault about ``name`` when something in ``value`` could not be kept and told again."""
    if len(json.dumps(value, ensure_ascii=False)) > MOST_LETTERS:
        return [Fault(name, "range", f"must have at most {MOST_LETTERS} characters")]
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, str) and "\0" in each:
            return [Fault(name, "format", "must not hold the NUL character")]
        elif (isinstance(each, float) and not math.isfinite(each)) or (
            isinstance(each, int) and not LEAST_INTEGER <= each <= MOST_INTEGER
        ):
            return [Fault(name, "format", "holds a number that is too large")]
    return []
