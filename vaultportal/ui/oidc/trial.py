"""Trying out a provider with one's own account: the whole way there and back, and nothing opened.

It is a fresh proof that is asked for, as it is of people who have nothing else here: a provider
that signs people in and cannot say when would leave them without any.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from requests import RequestException

from vaultportal.directory.services import provider_tests
from vaultportal.directory.services.provider_tests import Outcome
from vaultportal.identity import authentication
from vaultportal.ui.oidc import tokens

logger = logging.getLogger(__name__)

# What did not hold; the page words it.
CANCELLED, UNREACHABLE, REFUSED = "cancelled", "unreachable", "refused"
CODE, TOKEN, ISSUER = "code", "token", "issuer"
AUDIENCE, SIGNATURE, CLOCK = "audience", "signature", "clock"
UNKNOWN, OTHER, UNDATED, STALE = "unknown", "other", "undated", "stale"
# What the library says of a token, as the cause of what is untrusted.
_CAUSES: dict[type[Exception], str] = {
    jwt.InvalidIssuerError: ISSUER,
    jwt.InvalidAudienceError: AUDIENCE,
    jwt.InvalidSignatureError: SIGNATURE,
    jwt.ExpiredSignatureError: CLOCK,
    jwt.ImmatureSignatureError: CLOCK,
    jwt.InvalidIssuedAtError: CLOCK,
}

Asked = Mapping[str, Any]


def tab_url() -> str:
    """Where it is begun, and where it ends."""
    return f"{reverse('ui:settings')}?tab=sign-in"


def answer(request: HttpRequest, login: SocialLogin, asked: Asked) -> HttpResponse:
    """Keep what came back. The identity has to open the account of who asked."""
    claims, account = login.claims, "none"
    if login.is_existing:
        account = "own" if login.user == request.user else "other"
    proof = _proof(claims, float(asked.get("at", 0)))
    outcome = Outcome(why=_why(account, proof), account=account, proof=proof, email=_email(claims))
    return _end(request, login.account.provider, asked, outcome)


def failed(
    request: HttpRequest, slug: str, asked: Asked, why: str, cause: Exception | None
) -> HttpResponse:
    """Keep that nothing of use came back; the log has our own sentence, or the kind of error."""
    if cause is not None:
        said = str(cause) if isinstance(cause, tokens.Untrusted) else type(cause).__name__
        logger.warning("A test of signing in at %s failed (%s): %s", slug, why, said)
    return _end(request, slug, asked, Outcome(why=why))


def not_begun(request: HttpRequest, slug: str, cause: Exception) -> HttpResponse:
    """Keep that the provider gave no answer of use, before anybody could go there."""
    return failed(request, slug, {"by": str(request.user.pk)}, UNREACHABLE, cause)


def part_of(cause: Exception | None) -> str:
    """Which part an exception speaks of; without one the provider said no itself."""
    if cause is None:
        return REFUSED
    if isinstance(cause, RequestException):
        return UNREACHABLE
    if isinstance(cause, tokens.UnknownKey):
        return SIGNATURE
    if isinstance(cause, tokens.Untrusted):
        known = (why for kind, why in _CAUSES.items() if isinstance(cause.__cause__, kind))
        return next(known, TOKEN)
    return CODE


def _end(request: HttpRequest, slug: str, asked: Asked, outcome: Outcome) -> HttpResponse:
    """Back to where it began. Somebody else who sits there meanwhile has tested nothing."""
    if request.user.is_authenticated and asked.get("by") == str(request.user.pk):
        provider_tests.note(authentication.session_actor(request), slug, outcome)
    return redirect(f"{tab_url()}#test")


def _why(account: str, proof: str) -> str:
    if account != "own":
        return OTHER if account == "other" else UNKNOWN
    return {"fresh": "", "old": STALE, "none": UNDATED}[proof]


def _proof(claims: tokens.Claims, asked_at: float) -> str:
    at = tokens.proved_at(claims, time.time())
    if not at:
        return "none"
    return "fresh" if at >= asked_at - tokens.LEEWAY else "old"


def _email(claims: tokens.Claims) -> str:
    if not tokens.words(claims, "email"):
        return "none"
    return "verified" if claims.get("email_verified") is True else "unverified"
