"""Cursors: where a page ended, sealed and bound to everything else that the request said."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import orjson

from collections_app.errors import bad_request
from vaultportal.crypto import blobs
from vaultportal.errors import VaultError

_PURPOSE = "collections.cursor"
LONGEST = 2048


def seal(after: int, *request: Any) -> str:
    """The cursor behind row ``after`` of the listing that ``request`` describes."""
    body = orjson.dumps([after, _digest(request)])
    return urlsafe_b64encode(blobs.seal_blob(_PURPOSE, body)).decode().rstrip("=")


def open_(cursor: str, *request: Any) -> int:
    """The row after which to go on; 0 for no cursor.

    Raises:
        Invalid: it was altered, or belongs to another request.
    """
    if not cursor:
        return 0
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        blob = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        after, digest = orjson.loads(blobs.open_blob(_PURPOSE, blob, ttl=None))
    except (ValueError, VaultError):
        raise bad_request("cursor", "is not valid") from None
    if digest != _digest(request):
        raise bad_request("cursor", "belongs to a request with other parameters")
    return int(after)


def _digest(request: tuple[Any, ...]) -> str:
    return sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
