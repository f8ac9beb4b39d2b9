"""How the portal looks to one person: kept in the profile, before sign-in in a cookie."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User

YEAR = 365 * 24 * 60 * 60
SHORTCUTS = "vault_portal_keys"  # a cookie: who speaks to one device may type on another
OFF = "off"


def theme(request: HttpRequest, user: object) -> str:
    """``auto``, ``light`` or ``dark``: of the profile, else of the cookie."""
    chosen = getattr(user, "theme", "") or request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return chosen if chosen in User.Theme.values else User.Theme.AUTO


def has_shortcuts(request: HttpRequest) -> bool:
    """Whether single keys act in this browser."""
    return request.COOKIES.get(SHORTCUTS, "") != OFF


def set_appearance(actor: Actor, *, theme: str | None = None, density: str | None = None) -> None:
    """Write the look into the profile. It opens nothing and nobody else sees it: no trace."""
    given = {"theme": theme, "density": density}
    changes = {name: value for name, value in given.items() if value is not None}
    User.objects.filter(pk=actor.user_id).update(**changes)


def remember(response: HttpResponseBase, name: str, value: str) -> None:
    """What a browser keeps for a year, whoever is signed in: the choice of nobody in particular."""
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
