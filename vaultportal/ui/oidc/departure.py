"""On the way to a provider.

It begins with a post that carries our token: an address alone could be put behind a link, and
would sign somebody in, or connect an identity, whom nobody asked. The answer is no redirect, since
browsers hold ``form-action 'self'`` against the redirect of a form too; it is a page that leads on
by itself (``Refresh``), and by a link.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render

from vaultportal.ui.oidc.providers import Offer

SIGN_IN, CONNECT, PROVE, TEST = PURPOSES = ("sign-in", "connect", "prove", "test")


def leave(request: HttpRequest, offer: Offer, purpose: str, next_url: str) -> HttpResponse:
    """The page that leads to the provider. What comes back finds its purpose in the session.

    Raises:
        OAuth2Error, requests.RequestException: the provider says nothing, or nothing of use.
    """
    provider = get_adapter().get_provider(request, offer.slug)
    answer: HttpResponse = provider.redirect(
        request,
        AuthProcess.LOGIN,
        next_url=next_url,
        data={"purpose": purpose, "at": time.time(), "by": str(request.user.pk or "")},
        auth_params=_asked(purpose),
    )
    if not isinstance(answer, HttpResponseRedirectBase):
        return answer
    page = render(request, "account/oidc_go.html", {"provider": offer, "url": answer.url})
    page["Refresh"] = f"0; url={answer.url}"
    return page


def begun(request: HttpRequest) -> Mapping[str, Any]:
    """What the attempt was begun for that a provider sends back, as ``data`` above; {} for none.

    It stays where it is: whoever takes it up for good holds it against the provider and its age.
    """
    state, *_others = statekit.get_states(request).get(request.GET.get("state", ""), ({},))
    data: Mapping[str, Any] = state.get("data") or {}
    return data


def _asked(purpose: str) -> dict[str, str]:
    """How old a sign-in at the provider may be. Asked so, it has to say how old it is."""
    if purpose in (PROVE, TEST):
        return {"prompt": "login", "max_age": "0"}
    return {"max_age": str(settings.SESSION_COOKIE_AGE)}
