"""What runs in somebody's name: sessions and OAuth tokens, ended together or one by one."""

from __future__ import annotations

from django.db.models import Q
from oauth2_provider.models import AccessToken, RefreshToken

from vaultportal.identity.actor import Credential
from vaultportal.identity.models import Session, User


def end_all(user: User, *, but: Credential | None = None) -> None:
    """End every session and token of ``user``; ``but`` names the one that goes on.

    API keys stay: they are refused while the user is not active, and revoked one by one.
    """
    spared = but.id if but else ""
    sessions = Session.objects.filter(user=user)
    tokens = AccessToken.objects.filter(user=user)
    renewals = RefreshToken.objects.filter(user=user)
    if but and spared and but.kind == "session":
        sessions = sessions.exclude(pk=spared)
    if but and spared and but.kind == "oauth":
        tokens = tokens.exclude(pk=spared)
        renewals = renewals.filter(~Q(access_token_id=spared) | Q(access_token=None))
    sessions.delete()
    renewals.delete()
    tokens.delete()
