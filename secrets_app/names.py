"""Which names a secret may have.

The wire allows any Unicode without control characters; what is refused beyond that could not be
reached again through a path (dot segments, empty segments) or could not be stored (surrogates).
"""

from __future__ import annotations

import unicodedata

from vaultportal.errors import Fault

MAX_LENGTH = 255
_REFUSED_CATEGORIES = {"Cc", "Cs"}


def fault_of(name: str, prop: str = "name") -> Fault | None:
    """What is wrong with ``name``, as a fault of the field ``prop``; None when it may be used."""
    if not name:
        return Fault(prop, "format", "must not be empty")
    if len(name) > MAX_LENGTH:
        return Fault(prop, "range", f"must have at most {MAX_LENGTH} characters")
    if any(unicodedata.category(char) in _REFUSED_CATEGORIES for char in name):
        return Fault(prop, "format", "must not hold control characters")
    if any(part in ("", ".", "..") for part in name.split("/")):
        return Fault(prop, "format", "must not have empty, '.' or '..' parts between slashes")
    return None


def is_possible(name: str) -> bool:
    """Whether a secret of this name can exist at all; a look-up of any other finds nothing."""
    return fault_of(name) is None


def folded(name: str) -> str:
    """``name`` as search compares it: compatibility forms and letter case do not count."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
