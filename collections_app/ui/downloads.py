"""Downloads that no address leads to again."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse

from vaultportal.crypto import agefile

FEWEST_LETTERS = 12  # of a passphrase


def attachment(data: Any, name: str, passphrase: str) -> HttpResponse:
    """``data`` as a JSON file, sealed with the passphrase.

    It is the answer to a POST, so there is no link to it: who wants it again asks again.
    """
    body = json.dumps(data, ensure_ascii=False, indent=2).encode()
    return age_file(agefile.seal(body, passphrase), name)


def age_file(sealed: bytes, name: str) -> HttpResponse:
    """A JSON file that is sealed already."""
    response = HttpResponse(sealed, content_type=agefile.MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}.json.age"'
    response["Cache-Control"] = "no-store"
    return response
