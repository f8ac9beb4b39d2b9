"""Names that may be given: of buckets by S3's rules, of all else by the portal's."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

from vaultportal.errors import Fault, Invalid

LEAST, MOST = 3, 63  # characters of a bucket's name
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", re.ASCII)
RESERVED = "vault-portal-"  # buckets of the portal's own
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:%-]{0,253}[A-Za-z0-9])?", re.ASCII)
MOST_NAME = 255


def check_bucket(name: str, place: str = "name") -> None:
    """Invalid unless S3 takes ``name`` for a bucket; nothing is folded into what it would take.

    Source: S3's rules for general-purpose buckets; contract section 3.1.
    """
    if not LEAST <= len(name) <= MOST:
        raise _refuse(place, "range", f"has {len(name)} characters, S3 wants {LEAST} to {MOST}")
    if not _BUCKET.fullmatch(name):
        words = "may have a-z, 0-9, hyphens and dots, and begins and ends with a letter or digit"
        raise _refuse(place, "format", words)
    if ".." in name:
        raise _refuse(place, "format", "must not have two dots side by side")
    if name.startswith(RESERVED):
        raise _refuse(place, "format", f"must not begin with {RESERVED}")
    if _is_address(name):
        raise _refuse(place, "format", "must not look like an IP address")


def check_name(name: str, place: str = "name") -> None:
    """Invalid unless ``name`` is one line of 1 to 255 characters without blanks around it."""
    if not name.strip() or name != name.strip():
        raise _refuse(place, "format", "must not be empty, nor begin or end with a blank")
    if len(name) > MOST_NAME:
        raise _refuse(place, "range", f"must have at most {MOST_NAME} characters")
    if not name.isprintable():
        raise _refuse(place, "format", "must be one line of text")


def check_host(host: str, place: str = "host") -> None:
    """Invalid unless ``host`` can be a host name or an address."""
    if not _HOST.fullmatch(host):
        raise _refuse(place, "format", "must be a host name or an IP address")


def _is_address(name: str) -> bool:
    try:
        IPv4Address(name)
    except AddressValueError:
        return False
    return True


def _refuse(place: str, code: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, code, message),))
