"""Where a request comes from: what is true of the connection, and what listed proxies say."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_USER_AGENT = 255
# A chain longer than this was not made by proxies.
MAX_HOPS = 16
# In front of the IPv4 address in its mapped form, ::ffff:10.0.0.5.
_MAPPED_BITS = 96


def client_address(request: HttpRequest) -> str:
    """The address of the caller, "" when the connection has none (a Unix socket).

    X-Forwarded-For is believed from its right end, as long as the one who said it is in
    PORTAL_TRUSTED_PROXIES; whatever a caller writes to its left is not.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    if address is None:
        return ""
    trusted = _networks(tuple(settings.PORTAL_TRUSTED_PROXIES))
    if trusted and _is_in(address, trusted):
        said = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        for hop in reversed(said[-MAX_HOPS:]):
            before = _parse(hop.strip())
            if before is None:
                break
            address = before
            if not _is_in(address, trusted):
                break
    return str(address)


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address, as ``client_address`` has it, lies in one of ``networks``.

    A connection without an address, from a socket of this machine, lies in none.
    """
    parsed = _parse(address)
    return parsed is not None and _is_in(parsed, _networks(networks))


def network(text: str) -> str:
    """A network as it is kept: 10.1.0.0/16; one address is a network of its own.

    Raises:
        ValueError: it is neither.
    """
    return str(_parse_network(text.strip()))


def user_agent(request: HttpRequest) -> str:
    """What the program calls itself, cut to what is kept of it."""
    return str(request.META.get("HTTP_USER_AGENT", ""))[:MAX_USER_AGENT]


def request_id(request: HttpRequest) -> str:
    """The number under which the answer, the log and the trail know the request."""
    return str(getattr(request, "request_id", ""))


@lru_cache(maxsize=1024)
def _networks(listed: tuple[str, ...]) -> tuple[Network, ...]:
    try:
        return tuple(_parse_network(item) for item in listed)
    except ValueError:
        raise ImproperlyConfigured(
            "PORTAL_TRUSTED_PROXIES must list addresses or networks, as 10.0.0.0/8."
        ) from None


def _parse_network(text: str) -> Network:
    """A network; IPv4 where the mapped form of IPv6 is written, as ``_parse`` has addresses."""
    found = ip_network(text, strict=False)
    if isinstance(found, IPv4Network) or found.prefixlen < _MAPPED_BITS:
        return found
    mapped = found.network_address.ipv4_mapped
    return found if mapped is None else IPv4Network((mapped, found.prefixlen - _MAPPED_BITS))


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
