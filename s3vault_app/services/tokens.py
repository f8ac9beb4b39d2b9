"""What an access token is to be, and how two of them compare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.utils import timezone

from vaultportal.errors import Fault, Invalid

WHOLE = 2
CUSTOM = 3
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class TokenFields:
    """What an access token is to be. Times are ends; None for the longest there is.

    Elsewhere None is for what was not said: everything when a token is made, and no change later.
    """

    name: str = ""
    type: int | None = None
    endpoints: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    renewable_until: datetime | None = None


def paths_of(fields: TokenFields) -> list[str] | None:
    """The beginnings of paths that it is for; None for all."""
    if fields.type != CUSTOM:
        return None
    return ["/" + each.strip("/").lower() for each in fields.endpoints or ()]


def covers(allowed: str, path: str) -> bool:
    """Whether ``path`` is ``allowed`` or lies below it."""
    return path == allowed or path.startswith(allowed.rstrip("/") + "/")


def is_in(address: str, networks: list[str]) -> bool:
    """Whether an address is in one of the networks."""
    try:
        where = ip_address(address)
    except ValueError:
        return False
    return any(where in ip_network(each, strict=False) for each in networks)


def check(fields: TokenFields) -> None:
    """Invalid for a time that is over or too far, and for what is no path or network."""
    now = timezone.now()
    if len(fields.name) > 255 or not (fields.name == "" or fields.name.isprintable()):
        raise _refuse("tokenName", "must be one line of at most 255 characters")
    for place, end in (
        ("tokenExpiryTimestamp", fields.expires_at),
        ("renewableUntilTimestamp", fields.renewable_until),
    ):
        if end is not None and end <= now:
            raise _refuse(place, "must be in the future")
    if fields.expires_at is not None and fields.expires_at > now + LONGEST:
        raise _refuse("tokenExpiryTimestamp", f"must be within {LONGEST.days} days")
    paths = fields.endpoints or ()
    if len(paths) > 100 or any(len(each) > 255 for each in paths):
        raise _refuse("apiEndpoints", "must be at most 100 paths of 255 characters")
    for each in fields.addresses or ():
        try:
            ip_network(each, strict=False)
        except ValueError:
            raise _refuse("allowedIPs", "must be addresses or networks") from None


def lies_in(network: str, outer: list[str]) -> bool:
    """Whether a network is one of ``outer``, or a part of one."""
    inner = ip_network(network, strict=False)
    for each in outer:
        around = ip_network(each, strict=False)
        if (
            inner.version == around.version
            and int(around.network_address) <= int(inner.network_address)
            and int(inner.broadcast_address) <= int(around.broadcast_address)
        ):
            return True
    return False


def _refuse(place: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, "range", message),))
