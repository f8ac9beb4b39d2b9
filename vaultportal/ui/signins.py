"""Signing in and out with a browser, in the trail: who, from where, and who was turned away."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from vaultportal import trail
from vaultportal.directory import notices
from vaultportal.directory.origin import Origin
from vaultportal.identity import proof
from vaultportal.identity.models import User
from vaultportal.trail import Target
from vaultportal.ui import factor_first, last_person
from vaultportal.ui.oidc import confinement

DOOR = "browser"
# How far a sign-in reaches that opens nothing but connecting an identity.
CONNECT = "connect"


def connect() -> None:
    """Listen to Django's three signals."""
    user_logged_in.connect(_signed_in, dispatch_uid="ui.signed_in")
    user_logged_in.connect(last_person.note, dispatch_uid="ui.last_person")
    user_logged_out.connect(_signed_out, dispatch_uid="ui.signed_out")
    user_login_failed.connect(_turned_away, dispatch_uid="ui.turned_away")


@trail.unit()
def _signed_in(request: HttpRequest, user: User, **signal: Any) -> None:
    # First: what is recorded next belongs to what is known.
    notices.signed_in(user, Origin.of(request), is_known=last_person.is_noted(request, user))
    detail = {"reach": CONNECT} if confinement.begin(request, user) else {}
    if not detail and factor_first.holds(request, user):
        detail["reach"] = factor_first.REACH
    if provider := proof.provider(request, user):
        detail["provider"] = provider
    _record("user.sign_in", request, user, **detail)


def _signed_out(request: HttpRequest, user: User | None, **signal: Any) -> None:
    if user is not None:
        _record("user.sign_out", request, user)


@trail.unit()
def _turned_away(
    request: HttpRequest | None = None, credentials: dict[str, Any] | None = None, **signal: Any
) -> None:
    origin = Origin() if request is None else Origin.of(request)
    name = str((credentials or {}).get("username") or (credentials or {}).get("email") or "")
    trail.record(
        origin.nobody(),
        "user.sign_in",
        outcome="refused",
        door=DOOR,
        principal=trail.term(name),
    )


@trail.unit()
def _record(action: str, request: HttpRequest, user: User, **detail: str) -> None:
    session_id = str(getattr(request.session, "row_id", None) or "")
    actor = Origin.of(request).actor(user, kind="session", id=session_id)
    trail.record(actor, action, Target("user", str(user.pk), user.username), door=DOOR, **detail)
