"""Downloads that no address leads to again."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from vaultportal.crypto import agefile

FEWEST_LETTERS = 12  # of a passphrase


def attachment(data: Any, name: str, passphrase: str) -> HttpResponse:
    """``data`` as a JSON file, sealed with the passphrase when there is one.

    It is the answer to a POST, so there is no link to it: who wants it again asks again.
    """
    body = json.dumps(data, ensure_ascii=False, indent=2).encode()
    kind, ending = "application/json; charset=utf-8", "json"
    if passphrase:
        body, kind, ending = agefile.seal(body, passphrase), agefile.MEDIA_TYPE, "json.age"
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    response["Cache-Control"] = "no-store"
    return response
