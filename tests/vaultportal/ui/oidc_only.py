"""A portal where people sign in at the provider only, and the people of its tests."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from tests import factories
from tests.vaultportal.ui import oidc_provider
from tests.vaultportal.ui.oidc_provider import Issuer
from vaultportal.directory import options
from vaultportal.directory.models import Setting
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.ui.oidc import tokens

PASSWORD = "correct-horse-battery-9"
NAME = "login.provider_only"
TAB = "/settings/?tab=sign-in"
ON, OFF = "/settings/sign-in/on/", "/settings/sign-in/off/"


def connected(user: User, issuer: Issuer, sub: str) -> User:
    """The user, whose account the identity opens."""
    SocialAccount.objects.create(
        user=user,
        provider=oidc_provider.SLUG,
        uid=tokens.uid_of(issuer.url, sub),
        extra_data={"issuer": issuer.url, "subject": sub, "name": sub},
    )
    return user


def with_factor(user: User) -> User:
    """The user, who has a second factor."""
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return user


def administrator(**fields: Any) -> User:
    """Somebody in charge, with a password."""
    person = factories.make_person(password=PASSWORD, **fields)
    return factories.member_of(person, Role.objects.get(name=ADMIN))


def enforce() -> None:
    """Switch it on, without anybody having asked."""
    Setting.objects.create(name=NAME, value=True)
    options.forget()


def is_set() -> bool:
    """Whether it is switched on."""
    return Setting.objects.filter(name=NAME, value=True).exists()
