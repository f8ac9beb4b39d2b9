"""A browser in which nothing works but connecting an identity.

Where people sign in at the provider only, who has connected no identity comes in with a password
or passkey so far, and no further. It is decided when they sign in: sessions that were there before
stay as they are.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from vaultportal.directory import provider_only
from vaultportal.directory.provider_only import Way
from vaultportal.identity import proof
from vaultportal.identity.models import User
from vaultportal.ui.partial import wants_partial

FLAG = "connect_first"
# What leads to an identity, or out.
LEADS_ON = frozenset(
    {
        "account_inactive",
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "oidc_callback",
        "oidc_start",
        "ui:again",
        "ui:identity_disconnect",
        "ui:prove",
        "ui:theme",
    }
)


def begin(request: HttpRequest, user: User) -> None:
    """Decide it for a session in which ``user`` has just signed in."""
    is_by_provider = bool(proof.provider(request, user))
    if not is_by_provider and provider_only.way(user) is Way.CONNECT:
        request.session[FLAG] = True
    else:
        end(request)


def end(request: HttpRequest) -> None:
    """Let everything work."""
    request.session.pop(FLAG, None)


def holds(request: HttpRequest) -> bool:
    """Whether this browser is one of those."""
    if not settings.PORTAL_OIDC:  # before the session is touched
        return False
    return bool(request.session.get(FLAG)) and provider_only.in_force()


def answer(request: HttpRequest) -> HttpResponse:
    """To the page where an identity is connected, which says why."""
    place = reverse("mfa_index")
    return HttpResponseClientRedirect(place) if wants_partial(request) else redirect(place)
