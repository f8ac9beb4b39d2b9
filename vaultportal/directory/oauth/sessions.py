"""What a program can end: its own session, or all sessions of somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from oauth2_provider.models import AccessToken, RefreshToken, revoke_access_token

from vaultportal import trail
from vaultportal.directory import rows
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import administrators, credentials
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target


@dataclass(frozen=True, slots=True)
class TokenSession:
    """A program's session: an access token that still lives."""

    id: str
    user_id: UUID
    client_id: str
    created_at: datetime
    expires_at: datetime


@trail.unit()
def log_out(actor: Actor) -> None:
    """End the OAuth token that the actor came with, and its refresh token; nothing else ends."""
    if actor.credential.kind != "oauth":
        return
    token = AccessToken.objects.filter(pk=actor.credential.id).first()
    if token is not None:
        _end(token)
    trail.record(actor, "token.revoke", Target("user", str(actor.user_id), actor.name))


def list_sessions(actor: Actor, user_id: UUID) -> list[TokenSession]:
    """The sessions of somebody's programs, the newest first: one's own, or with the right."""
    if user_id != actor.user_id:
        access.require(actor, UserPermission.VIEW, User)
    found = AccessToken.objects.filter(user_id=user_id).select_related("application")
    return [
        TokenSession(
            str(token.pk),
            user_id,
            token.application.client_id,
            token.created,
            token.expires,
        )
        for token in found.order_by("-created", "-pk")
        if not token.is_expired()
    ]


@trail.unit()
def end_session(actor: Actor, session_id: str) -> None:
    """End one session: one's own, or anybody's with the right to change people.

    Raises:
        NotFound: there is none, or it is another's and the actor may not change people.
    """
    token = None
    if session_id.isascii() and session_id.isdigit() and len(session_id) < 19:
        token = AccessToken.objects.select_related("user").filter(pk=int(session_id)).first()
    if token is None or (
        token.user_id != actor.user_id and not access.holds(actor, UserPermission.CHANGE)
    ):
        raise NotFound("session")
    user = token.user
    _end(token)
    trail.record(actor, "token.revoke", Target("user", str(user.pk), user.username))


@trail.unit()
def end_sessions(actor: Actor, user_id: UUID) -> None:
    """End all sessions of somebody: one's own, or anybody's with the right to change people."""
    if user_id != actor.user_id:
        access.require(actor, UserPermission.CHANGE, User)
    user = rows.principal(user_id)
    if user_id != actor.user_id:
        administrators.require_not_above(actor, user)
    credentials.end_all(user)
    trail.record(actor, "token.revoke_all", Target("user", str(user.pk), user.username))


def _end(token: AccessToken) -> None:
    """The toolkit's way, and the whole family of refresh tokens with it."""
    family = RefreshToken.objects.filter(access_token=token).values_list("token_family", flat=True)
    families = [each for each in family if each is not None]
    revoke_access_token(token)
    for each in families:
        RefreshToken.revoke_family(each)
