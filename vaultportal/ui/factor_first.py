"""A browser in which nothing works but adding a second factor, because one is demanded.

It is looked at with each request, in the row of the person that is read anyway: who is signed in
when it begins to be demanded goes no further, and as soon as a factor stands everything opens.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from vaultportal.directory import second_factor
from vaultportal.identity.models import User
from vaultportal.ui.oidc import confinement

# How far such a sign-in reaches, in the trail.
REACH = "second_factor"
# What leads to a factor, or out. Connecting an identity is not among it: whoever knows the password
# alone would connect their own, come by it, and be asked for nothing.
LEADS_ON = frozenset(
    {
        "account_inactive",
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "ui:again",
        "ui:prove",
        "ui:theme",
    }
)


def holds(request: HttpRequest, user: User | None = None) -> bool:
    """Whether this browser is one of those. user: who has just signed in."""
    person = user or request.user
    return isinstance(person, User) and second_factor.confines(request, person)


def answer(request: HttpRequest) -> HttpResponse:
    """To the page where a factor is added, which says why."""
    return confinement.lead_to(request, reverse("mfa_index"))
