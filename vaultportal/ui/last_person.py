"""Who signed in last in this browser: it outlives the session, and opens nothing.

A form that stayed open belongs to that person, whoever sends it.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vaultportal.crypto import blobs
from vaultportal.crypto.errors import KeyGone, Tampered
from vaultportal.identity.models import User
from vaultportal.ui import preferences

PURPOSE = "last person of a browser"


def note(request: HttpRequest, user: User, **signal: object) -> None:
    """The receiver of ``user_logged_in``: the answer to this request is to tell the browser."""
    request.signed_in_now = user.number  # type: ignore[attr-defined]  # ours, for ``remember``


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell the browser who has just signed in; nothing when nobody has."""
    number: int | None = getattr(request, "signed_in_now", None)
    if number is not None:
        sealed = blobs.seal_blob(PURPOSE, str(number).encode()).hex()
        preferences.remember(response, settings.PERSON_COOKIE_NAME, sealed)


def of(request: HttpRequest) -> str:
    """The number of who is signed in, else of who was last; "" when nobody knows."""
    if isinstance(request.user, User):
        return str(request.user.number)
    return _noted(request)


def is_noted(request: HttpRequest, user: User) -> bool:
    """Whether this browser shows that ``user`` was the last to sign in with it, also long ago."""
    return _noted(request) == str(user.number)


def _noted(request: HttpRequest) -> str:
    sealed = request.COOKIES.get(settings.PERSON_COOKIE_NAME, "")
    try:
        return blobs.open_blob(PURPOSE, bytes.fromhex(sealed), ttl=None).decode()
    except (Tampered, KeyGone, ValueError):
        return ""
