"""The providers that a person may sign in at, and what they are good for."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.urls import reverse

from vaultportal.directory import provider_only
from vaultportal.directory.provider_only import Way
from vaultportal.directory.services import identities
from vaultportal.identity.models import User
from vaultportal.ui import second_factor


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the deployment's providers. slug: its name in addresses; name: the one on buttons."""

    slug: str
    name: str

    @property
    def url(self) -> str:
        """Where a form is sent to go there."""
        return reverse("oidc_start", kwargs={"provider": self.slug})


@dataclass(frozen=True, slots=True)
class Connected:
    """An identity that was connected to an account.

    offer: None when its provider is offered no more. is_current: it opens the account still;
    another issuer may have taken its provider's name.
    """

    row: SocialAccount
    offer: Offer | None
    is_current: bool

    @property
    def name(self) -> str:
        """What the provider called the person last."""
        return str(self.row.extra_data.get("name", ""))

    @property
    def provider(self) -> str:
        return self.offer.name if self.offer else str(self.row.provider)


def offered() -> list[Offer]:
    """All of them, in the order of the environment."""
    return [Offer(each["provider_id"], each["name"]) for each in settings.PORTAL_OIDC]


def named(slug: str) -> Offer | None:
    """One of them; None when there is none with this name."""
    return next((offer for offer in offered() if offer.slug == slug), None)


def connected(user: User) -> list[Connected]:
    """The identities that were connected to an account."""
    return [Connected(row, named(row.provider), row.opens) for row in identities.of(user)]


def proving(user: User) -> list[Offer]:
    """Where a person can prove who they are who has neither a factor nor a password here.

    Whoever has one of these is asked for it: what the portal checks itself is worth more. A
    password that signs in no more proves nothing either.
    """
    if not settings.PORTAL_OIDC or second_factor.is_enrolled(user):
        return []
    if user.has_usable_password() and provider_only.way(user) is not Way.CLOSED:
        return []
    own = {each.row.provider for each in connected(user) if each.is_current}
    return [offer for offer in offered() if offer.slug in own]
