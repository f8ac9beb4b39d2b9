"""People whom a provider of OpenID Connect signs in, and what the portal made of it."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.test import Client

from tests.factories import make_person
from tests.vaultportal.ui import oidc_provider
from tests.vaultportal.ui.oidc_provider import START, Issuer
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.models import User
from vaultportal.ui.oidc import tokens

CALLBACK = f"{START}callback/"


def linked(issuer: Issuer, sub: str, **person: Any) -> User:
    """An account that the identity opens."""
    user = make_person(**person)
    SocialAccount.objects.create(
        user=user,
        provider=oidc_provider.SLUG,
        uid=tokens.uid_of(issuer.url, sub),
        extra_data={"issuer": issuer.url, "subject": sub, "name": sub},
    )
    return user


def who(client: Client) -> str | None:
    """The id of who is signed in."""
    return client.session.get("_auth_user_id")


def last(action: str) -> AuditEntry:
    return AuditEntry.objects.filter(action=action).order_by("-at", "-seq")[0]
