"""A browser in which nothing works but connecting an identity.

Where people sign in at the provider only, who has connected no identity comes in with a password
or passkey so far, and no further. It is decided when they sign in: sessions that were there before
stay as they are.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from vaultportal.directory import provider_only
from vaultportal.directory.provider_only import Way
from vaultportal.identity import proof
from vaultportal.identity.models import User
from vaultportal.ui.partial import wants_partial

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
        "ui:prove",
        "ui:theme",
    }
)


def begin(request: HttpRequest, user: User) -> bool:
    """Decide it for a session in which ``user`` has just signed in; whether it is one of those.

    Also where a password opens nothing: it may have opened something when it was given, a moment
    before the code.
    """
    is_one = not proof.provider(request, user) and provider_only.way(user) is not Way.OPEN
    if is_one:
        request.session[provider_only.FLAG] = True
    else:
        end(request)
    return is_one


def end(request: HttpRequest) -> None:
    """Let everything work."""
    request.session.pop(provider_only.FLAG, None)


def holds(request: HttpRequest) -> bool:
    """Whether this browser is one of those."""
    return provider_only.confines(request.session)


def answer(request: HttpRequest) -> HttpResponse:
    """To the page where an identity is connected, which says why."""
    return lead_to(request, reverse("mfa_index"))


def lead_to(request: HttpRequest, place: str) -> HttpResponse:
    """To the one page that works.

    A part that asks for itself leads nowhere: nobody did anything, and on that very page it would
    load it again, and again.
    """
    if "X-Live" in request.headers:
        return HttpResponse(status=204)
    return HttpResponseClientRedirect(place) if wants_partial(request) else redirect(place)
