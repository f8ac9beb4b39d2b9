"""What the operator lets out: networks, names, plain http. And the reading of an address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network

import httpx
from django.conf import settings

from vaultportal.directory import options
from vaultportal.outbound import addresses
from vaultportal.outbound.addresses import Address, Network
from vaultportal.outbound.errors import Blocked, blocked

MAX_URL = 2048
MAX_PORT = 65_535
# After IDNA; everything that parsers read differently (percent signs, brackets) is left out.
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")
_SCHEMES = {"https": 443, "http": 80}
# Ports of other protocols that HTTP could be made to speak to: the list of the Fetch standard.
REFUSED_PORTS = frozenset(
    {0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101}
    | {102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389}
    | {427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636}
    | {989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566}
    | {6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
)


@dataclass(frozen=True, slots=True)
class Place:
    """An address as it was read: scheme, host in ASCII without brackets, port, and the target."""

    scheme: str
    host: str
    port: int
    target: bytes

    @property
    def host_header(self) -> str:
        """As HTTP writes it: brackets around IPv6, no default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _SCHEMES[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is let out beside https to public addresses; a snapshot, safe to hand to threads.

    networks: may be connected to although they are not public.
    names: hosts whose private addresses may be connected to; link-local ones still not.
    http: whether plain http is allowed.
    """

    networks: tuple[Network, ...] = ()
    names: frozenset[str] = frozenset()
    http: bool = False

    def read(self, url: str) -> Place:
        """Take the address apart. Raises Blocked for what is no address, or is not let out."""
        if len(url) > MAX_URL or any(ord(letter) <= 0x20 or letter == "\\" for letter in url):
            raise _unreadable()
        try:
            parsed = httpx.URL(url)
        except (httpx.InvalidURL, ValueError):
            raise _unreadable() from None
        if parsed.scheme not in _SCHEMES:
            raise blocked("scheme", "Only http and https addresses can be used.")
        if parsed.scheme == "http" and not self.http:
            raise blocked("http", "The address must begin with https://.")
        if parsed.userinfo:
            raise blocked("credentials", "The address must not hold a user name or password.")
        host = parsed.raw_host.decode("ascii")
        if addresses.parse(host) is None and not HOST_NAME.fullmatch(host):
            raise _unreadable()
        port = parsed.port or _SCHEMES[parsed.scheme]
        if port > MAX_PORT:
            raise _unreadable()
        if port in REFUSED_PORTS:
            raise blocked("port", "The port of the address belongs to another protocol.")
        return Place(parsed.scheme, host, port, parsed.raw_path)

    def admit(self, host: str, found: list[Address]) -> list[Address]:
        """The addresses of ``host``, if all of them are let out. Raises Blocked if one is not."""
        named = host.rstrip(".") in self.names
        if not all(self._admits(each, named=named) for each in found):
            raise blocked("address", "The address is not of the public network.")
        return found

    def _admits(self, address: Address, *, named: bool) -> bool:
        if addresses.is_public(address):
            return True
        meant = addresses.canonical(address)
        if any(meant in network for network in self.networks):
            return True
        usable = not (meant.is_unspecified or meant.is_multicast or meant.is_reserved)
        closed = any(meant in network for network in addresses.NEVER_BY_NAME)
        return named and usable and not closed and (meant.is_private or meant.is_loopback)


def current_rules() -> Rules:
    """What is in force now; reads the run-time settings, at most once a second."""
    words = [*options.get(options.EGRESS_NETWORKS), *settings.TRIGGERS_EGRESS_ALLOW]
    networks, names = [], set()
    for word in words:
        try:
            networks.append(ip_network(word, strict=False))
        except ValueError:
            names.add(word.lower().rstrip("."))
    http = options.get(options.EGRESS_HTTP) or settings.TRIGGERS_ALLOW_HTTP
    return Rules(tuple(networks), frozenset(names), http)


def _unreadable() -> Blocked:
    return blocked("url", "This is not an address that can be used.")
