"""How large a secret may be, how many of its versions stay, how far off an end may lie."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from secrets_app import refusals
from secrets_app.payload import Payload
from secrets_app.records import SecretInfo
from vaultportal.errors import Fault

# A day's distance to the years 1 and 9999 in any zone: what lies beyond cannot be read back.
FIRST_YEAR, LAST_YEAR = 1000, 9000


def check(payload: Payload) -> None:
    """Invalid when the JSON text of the data is longer than ``SECRETS_MAX_DATA`` bytes."""
    if payload.size > settings.SECRETS_MAX_DATA:
        most = settings.SECRETS_MAX_DATA
        raise refusals.invalid(Fault("data", "range", f"must have at most {most} bytes"))


def fault_of_end(end: datetime | None, prop: str) -> Fault | None:
    """What is wrong with ``end``, as a fault of the field ``prop``; None when it may be stored."""
    if end is None or FIRST_YEAR <= end.year <= LAST_YEAR:
        return None
    return Fault(prop, "range", f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")


def versions_to_keep(info: SecretInfo) -> int:
    """How many versions of the secret there may be, the current one counted; at least 1."""
    return max(1, info.keep_versions or settings.SECRETS_KEEP_VERSIONS)
