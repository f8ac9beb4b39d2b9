"""What becomes of the answer of a provider: a sign-in, one more identity, a proof, a test, or no.

A person is who the issuer and its subject say, as long as that identity is connected to an account.
What a provider proves is as old as it says (``auth_time``): a session that it kept open opens the
portal, and is no fresh proof.
"""

from __future__ import annotations

import logging
import time
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal import trail
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import identities
from vaultportal.directory.services.identities import Identity, Newcomer
from vaultportal.errors import Conflict
from vaultportal.identity import actor as actors
from vaultportal.identity import authentication, proof
from vaultportal.identity.models import User
from vaultportal.trail import Target
from vaultportal.ui import signins
from vaultportal.ui.oidc import confinement, providers, tokens, trial
from vaultportal.ui.oidc.departure import CONNECT, PROVE, SIGN_IN, TEST
from vaultportal.ui.views.appearance import own_address

logger = logging.getLogger(__name__)

# Why not; the page words it.
UNKNOWN, TAKEN, OTHER, STALE = "unknown", "taken", "other", "stale"
CANCELLED, FAILED, UNREACHABLE = "cancelled", "failed", "unreachable"
# A refusal that has an entry of its own is no 401 or 403, which would be entered once more.
STATUS = {CANCELLED: 200, FAILED: 401, UNREACHABLE: 502}


def answer(request: HttpRequest, login: SocialLogin) -> HttpResponse:
    """Decide on what a provider has proved, by what the attempt was begun for."""
    asked = login.state.get("data") or {}
    next_url = own_address(request, login.state.get("next") or "")
    if asked.get("purpose") == SIGN_IN:
        return _sign_in(request, login, next_url)
    if asked.get("purpose") == CONNECT:
        return _connect(request, login, next_url)
    if asked.get("purpose") == PROVE:
        return _prove(request, login, next_url, float(asked.get("at", 0)))
    if asked.get("purpose") == TEST:
        return trial.answer(request, login, asked)
    return turn_away(request, login.account.provider, FAILED)


def failed(request: HttpRequest, slug: str, why: str, cause: Exception | None) -> HttpResponse:
    """``turn_away``, and a line for who looks why: our own sentence, or the kind of error."""
    said = str(cause) if isinstance(cause, tokens.Untrusted) else type(cause).__name__
    logger.warning("A sign-in at %s failed (%s): %s", slug, why, said if cause else "no such state")
    return turn_away(request, slug, why)


def turn_away(request: HttpRequest, slug: str, why: str) -> HttpResponse:
    """The page that says why not, and what to do."""
    context = {"why": why, "provider": providers.named(slug)}
    return render(request, "account/oidc_refused.html", context, status=STATUS.get(why, 409))


def sign_in_first(next_url: str) -> HttpResponse:
    """To the sign-in and on to ``next_url``: what a provider said stands in no other address."""
    return redirect(f"{reverse('account_login')}?{urlencode({'next': next_url})}")


def prove_first(next_url: str) -> HttpResponse:
    """To a fresh proof, and on to ``next_url``."""
    return redirect(f"{reverse('ui:prove')}?{urlencode({'next': next_url})}")


def _sign_in(request: HttpRequest, login: SocialLogin, next_url: str) -> HttpResponse:
    slug = login.account.provider
    user = login.user if login.is_existing else _newcomer(request, login)
    if not isinstance(user, User):
        _record_refusal(request, slug, UNKNOWN)
        return turn_away(request, slug, UNKNOWN)
    if not user.is_active or user.kind != User.Kind.PERSON:
        _record_refusal(request, slug, "disabled", user)
        return redirect("account_inactive")
    if request.user.is_authenticated:
        # Also one's own: a session that stands is not asked for the second factor.
        get_adapter().logout(request)
    at = tokens.proved_at(login.claims, time.time())
    record_authentication(request, user, proof.OUTSIDE, provider=slug, at=at)
    response: HttpResponse = perform_login(request, Login(user=user, redirect_url=next_url))
    return response


def _newcomer(request: HttpRequest, login: SocialLogin) -> User | None:
    """A new account for an identity without one, where the deployment wants that."""
    if not settings.PORTAL_OIDC_CREATE:
        return None
    origin = Origin.of(request)
    portal = actors.system().with_(
        address=origin.address, request_id=origin.request_id, user_agent=origin.user_agent
    )
    claims = login.claims
    vouched = claims.get("email_verified") is True
    newcomer = Newcomer(
        username=tokens.words(claims, "preferred_username") or tokens.words(claims, "email"),
        full_name=tokens.words(claims, "name"),
        email=tokens.words(claims, "email") if vouched else "",
    )
    try:
        return identities.create_person(portal, _identity(login), newcomer)
    except Conflict:  # somebody was quicker: the next attempt finds what there is
        return None


def _connect(request: HttpRequest, login: SocialLogin, next_url: str) -> HttpResponse:
    if not request.user.is_authenticated:
        return sign_in_first(next_url)
    if not proof.is_recent(request):
        return prove_first(next_url)
    actor = authentication.session_actor(request)
    try:
        identities.connect(actor, _identity(login))
    except Conflict:
        if login.user == request.user:
            confinement.end(request)  # it was connected in another browser meanwhile
            messages.info(request, _("This identity opens your account already."))
            return redirect(next_url)
        _record_taken(request, login.account.provider)
        return turn_away(request, login.account.provider, TAKEN)
    confinement.end(request)
    messages.success(request, _("Connected. You can sign in with it from now on."))
    return redirect(next_url)


def _prove(
    request: HttpRequest, login: SocialLogin, next_url: str, asked_at: float
) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return sign_in_first(next_url)
    if not providers.proving(user):
        # A factor or a password is asked for here, and nothing less will do.
        return prove_first(next_url)
    slug = login.account.provider
    if login.user != user:
        _record_refusal(request, slug, OTHER, user)
        return turn_away(request, slug, OTHER)
    at = tokens.proved_at(login.claims, time.time())
    if at < asked_at - tokens.LEEWAY:
        return turn_away(request, slug, STALE)
    record_authentication(
        request, user, proof.OUTSIDE, reauthenticated=True, provider=slug, at=time.time()
    )
    confinement.end(request)
    return redirect(next_url)


def _identity(login: SocialLogin) -> Identity:
    account = login.account
    return Identity(account.provider, account.uid, account.extra_data)


@trail.unit()
def _record_refusal(request: HttpRequest, slug: str, why: str, user: User | None = None) -> None:
    target = None if user is None else Target("user", str(user.pk), user.username)
    trail.record(
        Origin.of(request).nobody(),
        "user.sign_in",
        target,
        outcome="refused",
        door=signins.DOOR,
        provider=slug,
        why=why,
    )


@trail.unit()
def _record_taken(request: HttpRequest, slug: str) -> None:
    actor = authentication.session_actor(request)
    target = Target("user", str(actor.user_id), actor.name)
    trail.record(
        actor, "user.connect_identity", target, outcome="refused", provider=slug, why=TAKEN
    )
