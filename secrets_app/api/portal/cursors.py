"""Where a list goes on, as a text that clients carry and do not read."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from vaultportal.api.query import refuse

Place = tuple[str, UUID]


def text_of(place: Place | None) -> str | None:
    """The cursor for the name and id of the last item; None at the end."""
    if place is None:
        return None
    name, item_id = place
    return urlsafe_b64encode(item_id.bytes + name.encode()).decode().rstrip("=")


def parse(text: str) -> Place | None:
    """The place that a cursor stands for; None for the beginning."""
    if not text:
        return None
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        name, item_id = raw[16:].decode(), UUID(bytes=raw[:16])
        if "\0" in name:
            raise ValueError
        return name, item_id
    except (binascii.Error, ValueError):
        raise refuse("after", "format", "is not one that the list has given") from None
