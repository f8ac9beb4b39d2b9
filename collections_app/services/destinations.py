"""Where code may send to: the operator's two lists, the second for code that has seen card data.

An entry is ``host``, ``host:port``, ``*.domain`` or ``*``, with ``http://`` or ``https://`` before
it or not. What the entry leaves open is open, within what the portal lets out at all: an entry that
begins with http:// lets plain http through for it, one that is an IP address or ``localhost`` that
very address, public or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address

import httpx

from collections_app.code_errors import destination_refused
from collections_app.errors import bad_request
from vaultportal import outbound
from vaultportal.directory import options
from vaultportal.directory.options import Option
from vaultportal.outbound import Rules

_NONE: tuple[str, ...] = ()
HTTP = options.register(
    Option(
        "actions.http_destinations",
        default=_NONE,
        env="PVAULT_SERVICE_ALLOWED_HTTP_DESTINATIONS",
        help="Hosts that fetch and http_call may send to: api.example.com, *.example.com:8443.",
    )
)
PCI = options.register(
    Option(
        "actions.pci_http_destinations",
        default=_NONE,
        env="PVAULT_SERVICE_ALLOWED_PCI_HTTP_DESTINATIONS",
        help="Hosts that card data may be sent to.",
    )
)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Destination:
    """One entry of a list; "" and 0 leave scheme and port open."""

    scheme: str
    host: str
    port: int

    @property
    def is_exact(self) -> bool:
        """Whether it is an address rather than a name that others could point elsewhere."""
        if self.host == "localhost":
            return True
        try:
            ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def breadth(self) -> tuple[bool, int, bool, bool]:
        """Less for an entry that says more of where it leads."""
        return "*" in self.host, -len(self.host), not self.port, not self.scheme

    def named(self, scheme: str) -> str:
        """``https://*.example.com``: what the operator wrote, for a request by ``scheme``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}{f':{self.port}' if self.port else ''}"

    def matches(self, url: httpx.URL) -> bool:
        """Whether the address is one of those meant."""
        port = url.port or _PORTS.get(url.scheme, 0)
        return (
            self.scheme in ("", url.scheme)
            and (not self.port or self.port == port)
            and self._matches_host(url.host.lower().rstrip("."))
        )

    def _matches_host(self, host: str) -> bool:
        if self.host.startswith("*."):
            return host.endswith(self.host[1:]) and len(host) > len(self.host) - 1
        return self.host in ("*", host)


def read(entry: str) -> Destination | None:
    """An entry of a list; None for one that cannot be read, which allows nothing."""
    scheme, mark, place = entry.strip().lower().rpartition("://")
    if mark and scheme not in _PORTS:
        return None
    place = place.rstrip("/")
    if place.startswith("["):
        host, _, tail = place[1:].partition("]")
        port = tail.removeprefix(":")
    else:
        host, _, port = place.partition(":")
    if not host or "/" in host or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        return None
    return Destination(scheme, host.rstrip("."), int(port or 0))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Under which rules an address may be sent to.

    name: the entry that allows it, for the trail. Nothing of it is the code's to choose: a host or
        a port that an entry leaves open could spell what must not be kept.
    """

    rules: Rules
    name: str


def allowed(url: str, *, card_data: bool) -> Allowed:
    """How ``url`` may be sent to.

    card_data: the code has seen card data, so only the second list counts.

    Raises:
        Forbidden: PV9014, no list has it. Invalid: PV1012, it is no address.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise bad_request("url", "must be an address") from None
    found = [each for each in _listed(card_data=card_data) if each.matches(parsed)]
    if not found or not parsed.host:
        raise destination_refused()
    rules = outbound.current_rules()
    if any(each.scheme == "http" for each in found):
        rules = replace(rules, http=True)
    if any(each.is_exact for each in found):
        rules = replace(rules, names=rules.names | {parsed.raw_host.decode("ascii").rstrip(".")})
    return Allowed(rules, min(found, key=lambda each: each.breadth).named(parsed.scheme))


def _listed(*, card_data: bool) -> Iterable[Destination]:
    entries = options.get(PCI) if card_data else (*options.get(HTTP), *options.get(PCI))
    return [each for entry in entries if (each := read(entry)) is not None]
