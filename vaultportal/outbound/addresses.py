"""Which addresses are of the public network, and which of ours, our neighbours' or nobody's.

The registry of the standard library is the base; on top come addresses that are public by number
and private by use. Sources: IANA's special-purpose registries, RFC 6890, 6052, 3056, 4380.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Never reached by a host name on the allow-list: only a network that holds them opens them.
NEVER_BY_NAME = tuple(
    ip_network(text)
    for text in ("0.0.0.0/8", "169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32")
)
_NOT_PUBLIC = tuple(
    ip_network(text)
    for text in (
        "100.64.0.0/10",  # carriers' NAT
        "168.63.129.16/32",  # a cloud's host agent
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is a cloud's metadata service
        "192.88.99.0/24",  # the former 6to4 relays
        "198.18.0.0/15",  # benchmarks
        "::/96",  # IPv4 in IPv6, the compatible form
        "64:ff9b:1::/48",  # local-use NAT64
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fec0::/10",  # site-local, of old
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = 0x00005EFE


def is_public(address: Address) -> bool:
    """Whether it is an ordinary address of the public network, embedded ones included."""
    if isinstance(address, IPv6Address):
        if "%" in str(address):  # an interface of this machine
            return False
        embedded = _embedded(address)
        if embedded is not None:
            return is_public(embedded)
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def canonical(address: Address) -> Address:
    """The address that is really meant: IPv4 for the mapped form of IPv6."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse(text: str) -> Address | None:
    """The address, or None for what is a name."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a translator on the way would reach."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if (int(address) >> 32) & 0xFDFFFFFF == _ISATAP:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
