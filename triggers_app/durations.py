"""ISO 8601 durations of days, hours, minutes and seconds: the wire's response deadlines."""

from __future__ import annotations

import re

LEAST = 1
MOST = 30 * 24 * 3600
MAX_LENGTH = 64

_DURATION = re.compile(
    r"P(?=.)(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?"
)
_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


def seconds(text: str) -> int:
    """How long ``text`` is; ValueError for anything else, years and months included."""
    found = _DURATION.fullmatch(text) if text.isascii() else None
    if found is None:
        raise ValueError("not a duration of days, hours, minutes and seconds")
    return sum(int(found[unit] or 0) * factor for unit, factor in _UNITS.items())


def is_deadline(text: str) -> bool:
    """Whether ``text`` may be a response deadline: PT1S to P30D."""
    try:
        return len(text) <= MAX_LENGTH and LEAST <= seconds(text) <= MOST
    except ValueError:
        return False
