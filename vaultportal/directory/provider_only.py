"""People sign in at the provider only: for whom a password, or a passkey, opens something still.

The rule has one place, this one; browsers and the doors of dialects ask it. It has three answers,
so that nobody is shut out for good:

- administrators with a second factor keep both ways, or nobody could open the portal while its
  provider is down;
- who has connected an identity signs in with it, and with nothing else;
- who has connected none would never come in again, so what they have still opens the page where
  one is connected, and no other.

A setting that cannot be fulfilled is not in force: without a provider everything is as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    Expression,
    ExpressionWrapper,
    OuterRef,
    Q,
    Value,
)
from django.db.models.query import QuerySet

from vaultportal.directory import options
from vaultportal.directory.models import Setting
from vaultportal.directory.options import Option
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services import administrators, provider_tests
from vaultportal.errors import Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.identity.person_rules import local_sign_in_closed

_FALSE = Value(False, output_field=BooleanField())  # noqa: FBT003 a value of SQL
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What a session remembers that opens the page where an identity is connected, and no other.
FLAG = "connect_first"


class Way(Enum):
    """What a person's own password or passkey opens."""

    OPEN = "open"
    CONNECT = "connect"  # the page where an identity is connected, and no other
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class State:
    """How the setting stands.

    is_set: somebody has switched it on. in_force: and there is a provider to sign in at.
    kept: administrators who come in without one. unconnected: other people without an identity.
    """

    is_set: bool
    in_force: bool
    kept: int
    unconnected: int


def is_set() -> bool:
    """Whether somebody has switched it on."""
    return options.get(PROVIDER_ONLY)


def in_force() -> bool:
    """Whether people sign in at the provider only."""
    return bool(settings.PORTAL_OIDC) and is_set()


def way(user: User) -> Way:
    """What this person's password, or passkey in its place, opens now."""
    if not in_force():
        return Way.OPEN
    found = _with_ways(User.objects.filter(pk=user.pk)).values_list("is_kept", "is_connected")
    is_kept, is_connected = found.first() or (False, True)  # deleted a moment ago: nothing
    if is_kept:
        return Way.OPEN
    return Way.CLOSED if is_connected else Way.CONNECT


def confines(session: SessionBase) -> bool:
    """Whether the session opens nothing but connecting an identity."""
    if not settings.PORTAL_OIDC:  # before the session is touched
        return False
    return bool(session.get(FLAG)) and is_set()


def vouching() -> Q:
    """Of an identity: one of the issuers that are configured now vouches for it.

    The one place that says which identities open an account: another issuer may have taken the
    name of a provider.
    """
    known: Sequence[dict[str, Any]] = settings.PORTAL_OIDC
    if not known:
        return Q(_FALSE)
    found = Q()
    for each in known:
        issuer = each["settings"]["issuer"]
        found |= Q(provider=each["provider_id"], extra_data__issuer=issuer)
    return found


def state(actor: Actor) -> State:
    """How the setting stands, in one query beside the settings. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    counted = _counted()
    return State(is_set(), in_force(), counted["kept"], counted["unconnected"])


def connect() -> None:
    """Have the authentication of passwords obey."""
    local_sign_in_closed.use(_is_closed)


def _guard(actor: Actor, wanted: bool) -> None:  # noqa: FBT001 a value as it is stored
    """Invalid while ``actor`` may not switch it on; off is always allowed.

    Reasons: ``no_provider``, ``untested``, ``nobody_left``.
    """
    if not wanted:
        return
    if not settings.PORTAL_OIDC:
        raise Invalid("setting", "No provider of sign-ins is configured.", reason="no_provider")
    if not provider_tests.has_passed(actor):
        minutes = int(provider_tests.LASTS.total_seconds() // 60)
        message = f"Test signing in with your own account first, at most {minutes} minutes before."
        raise Invalid("setting", message, reason="untested")
    if not _counted()["kept"]:
        message = (
            "An administrator needs a password and a second factor, for the provider may fail."
        )
        raise Invalid("setting", message, reason="nobody_left")


def _counted() -> dict[str, int]:
    people = _with_ways(User.objects.filter(kind=User.Kind.PERSON, is_active=True))
    usable = Q(is_kept=True) & ~Q(password="") & ~Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    counted: dict[str, int] = people.aggregate(
        kept=Count("pk", filter=usable),
        unconnected=Count("pk", filter=Q(is_kept=False, is_connected=False)),
    )
    return counted


def _with_ways(users: QuerySet[User]) -> Any:
    return users.annotate(
        is_kept=ExpressionWrapper(_kept(), output_field=BooleanField()),
        is_connected=ExpressionWrapper(_connected(), output_field=BooleanField()),
    )


def _is_closed() -> Expression:
    if not in_force():
        return _FALSE
    return ExpressionWrapper(_connected() & ~_kept(), output_field=BooleanField())


def _kept() -> Q:
    """Of a user: an administrator with a second factor."""
    factors = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=FACTORS)
    in_charge = administrators.administrators().filter(pk=OuterRef("pk"))
    return Q(Exists(factors)) & Q(Exists(in_charge))


def _connected() -> Q:
    """Of a user: an identity opens their account."""
    return Q(Exists(SocialAccount.objects.filter(vouching(), user_id=OuterRef("pk"))))


PROVIDER_ONLY = options.register(
    Option(
        "login.provider_only",
        default=False,
        help="People sign in at a provider of OpenID Connect only.",
        guard=_guard,
    )
)
