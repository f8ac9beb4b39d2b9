"""Names that collections and properties may have. Pure."""

from __future__ import annotations

import re

LONGEST_NAME = 40  # of a collection; of a property; and of both together
LONGEST_DESCRIPTION = 450
_COLLECTION = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")


def is_collection_name(name: str) -> bool:
    """A letter, then letters, digits and underscores, at most 40 in all."""
    return len(name) <= LONGEST_NAME and _COLLECTION.fullmatch(name) is not None


def is_property_name(name: str) -> bool:
    """As a collection's; a leading underscore and ``id`` are kept for built-in properties."""
    return is_collection_name(name) and name != "id"
