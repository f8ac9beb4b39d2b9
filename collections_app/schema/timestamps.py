"""The TIMESTAMP type: the text forms of Go's time package in, RFC 3339 in UTC out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from collections_app.schema.checks import BadValue, text

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# RFC 822's own zones; an abbreviation beyond these means different hours in different places.
_ZONES = {
    "UTC": 0, "GMT": 0, "UT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
# Patterns without the zone, and whether one follows; UnixDate has it before the year.
_FORMS = (
    ("%a %b %d %H:%M:%S %Y", False),  # ANSIC
    ("%d %b %y %H:%M", True),  # RFC 822, with a name or an offset
    ("%A, %d-%b-%y %H:%M:%S", True),  # RFC 850
    ("%a, %d %b %Y %H:%M:%S", True),  # RFC 1123, with a name or an offset
)
_UNIX_DATE = re.compile(r"(.+[0-9]{2}:[0-9]{2}:[0-9]{2}) ([A-Z]{1,4}) ([0-9]{4})")


def timestamp(value: Any) -> str:
    """A time in RFC 3339, UnixDate, ANSIC, RFC 822, 850 or 1123, as RFC 3339 in UTC."""
    found = text(value)
    moment = _rfc3339(found) or _named(found)
    if moment is None:
        raise BadValue("must be a time such as 2025-02-03T09:41:50Z")
    return wire_time(moment)


def wire_time(moment: datetime) -> str:
    """``moment`` in UTC as the wire shows it: ``2025-02-03T09:41:50.123456Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def parse_time(value: str) -> datetime:
    """The moment that a normalized TIMESTAMP stands for."""
    moment = _rfc3339(value)
    if moment is None:
        raise BadValue("must be a time such as 2025-02-03T09:41:50Z")
    return moment


def _rfc3339(found: str) -> datetime | None:
    parts = _RFC3339.fullmatch(found)
    if not parts:
        return None
    day, clock, fraction, zone = parts.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    offset = "+00:00" if zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{micros}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _named(found: str) -> datetime | None:
    if len(found) > 64 or not found.isascii():
        return None
    zone = ""
    if unix := _UNIX_DATE.fullmatch(found):
        zone, found = unix[2], f"{unix[1]} {unix[3]}"
    for form, zoned in _FORMS:
        body, tail = found, zone
        if zoned:
            body, _, tail = found.rpartition(" ")
        offset = _offset(tail) if tail or zoned else UTC
        if offset is None:
            continue
        try:
            naive = datetime.strptime(body, form)  # noqa: DTZ007 the zone is set in the next line
            return naive.replace(tzinfo=offset).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _offset(name: str) -> timezone | None:
    if name in _ZONES:
        return timezone(timedelta(hours=_ZONES[name]))
    if re.fullmatch(r"[+-](0[0-9]|1[0-4])[0-5][0-9]", name):
        minutes = int(name[1:3]) * 60 + int(name[3:5])
        return timezone(timedelta(minutes=-minutes if name[0] == "-" else minutes))
    return None
