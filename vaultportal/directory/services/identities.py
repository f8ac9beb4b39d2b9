"""Identities at providers of sign-ins: whose account one opens, and that it does so no more.

An identity is what a provider has proved in this very request; who calls these services has
checked that. An e-mail address proves nothing, so none is ever compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper
from django.utils import timezone

from vaultportal import trail
from vaultportal.directory import notices, provider_only, rows
from vaultportal.directory.models import Notice
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.provider_only import Way
from vaultportal.directory.services import administrators, credentials, people
from vaultportal.directory.services.people import PersonFields
from vaultportal.directory.text import one_line
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target

# A name that is taken gets a number; so many are tried, then one that nobody has.
MOST_NUMBERS = 20
LONGEST_NAME = 150
# How the trail names who has no account.
RESERVED = frozenset({"system", "anonymous"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at a provider.

    provider: its name in addresses. uid: issuer and subject as one word (``ui.oidc.tokens``).
    shown: issuer, subject and a name, for pages.
    """

    provider: str
    uid: str
    shown: dict[str, str]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a provider says about somebody without an account; email only if it vouches for it."""

    username: str = ""
    full_name: str = ""
    email: str = ""


@trail.unit()
def connect(actor: Actor, identity: Identity) -> None:
    """Let an identity open the actor's own account from now on.

    Raises:
        Conflict: it opens somebody's account already.
    """
    user = rows.person(actor.user_id)
    _store(user, identity)
    target = Target("user", str(user.pk), user.username)
    trail.record(actor, "user.connect_identity", target, provider=identity.provider)
    notices.tell(actor, user, Notice.Kind.IDENTITY_ADDED, what=_issuer(identity.shown))


@trail.unit()
def disconnect(actor: Actor, account_id: int) -> None:
    """End that an identity opens an account: the actor's own, or anybody's for managers.

    What it has opened ends, too, when it is a manager who does so: nobody knows who sits there.

    Raises:
        NotFound: there is none, or it is somebody else's and the actor manages no people.
        Conflict: of the actor's own ways in it is the last.
    """
    found = SocialAccount.objects.filter(pk=account_id).first()
    own = found is not None and found.user_id == actor.user_id
    if found is None or not (own or access.holds(actor, UserPermission.CHANGE)):
        raise NotFound("identity")
    user = rows.person(found.user_id)  # locked: of two ways in one stays
    if own and not _has_another_way_in(user, found):
        raise Conflict("identity", reason="identity.last_way_in")
    if not own:
        administrators.require_not_above(actor, user)
        credentials.end_all(user)
    SocialAccount.objects.filter(pk=found.pk).delete()
    target = Target("user", str(user.pk), user.username)
    trail.record(actor, "user.disconnect_identity", target, provider=found.provider)
    notices.tell(actor, user, Notice.Kind.IDENTITY_REMOVED, what=_issuer(found.extra_data))


@trail.unit()
def create_person(actor: Actor, identity: Identity, newcomer: Newcomer) -> User:
    """Make an account that the identity opens: without a password, with nobody's name or address.

    Raises:
        Conflict: the identity, or the name, was taken this very moment.
    """
    fields = PersonFields(
        username=_free_name(newcomer.username, identity),
        full_name=one_line(newcomer.full_name, 255),
        email=_free_address(newcomer.email),
    )
    user = people.create_person(actor, fields)
    _store(user, identity)
    target = Target("user", str(user.pk), user.username)
    trail.record(actor, "user.connect_identity", target, provider=identity.provider)
    return user


def seen(identity: Identity) -> SocialAccount | None:
    """The row of an identity that a provider has just proved, with its account; None without one.

    What is shown of it, and when it was last seen, is renewed; a row that was deleted meanwhile
    does not come back.
    """
    rows = SocialAccount.objects.filter(provider=identity.provider, uid=identity.uid)
    rows.update(extra_data=identity.shown, last_login=timezone.now())
    found: SocialAccount | None = rows.select_related("user").first()
    return found


def of(user: User) -> list[SocialAccount]:
    """The identities that were connected to an account, the oldest first.

    ``opens``: whether it opens the account still (``provider_only.vouching``).
    """
    opens = ExpressionWrapper(provider_only.vouching(), output_field=BooleanField())
    rows = SocialAccount.objects.filter(user_id=user.pk).annotate(opens=opens)
    return list(rows.order_by("date_joined", "pk"))


def _issuer(shown: dict[str, str]) -> str:
    return str(shown.get("issuer", ""))[:255]


def _store(user: User, identity: Identity) -> None:
    row = SocialAccount(
        user_id=user.pk, provider=identity.provider, uid=identity.uid, extra_data=identity.shown
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as clash:
        raise Conflict("identity", reason="identity.taken") from clash


def _has_another_way_in(user: User, account: SocialAccount) -> bool:
    """Whether the person can still sign in: with a password, a passkey, or another identity.

    Where people sign in at a provider only, nothing but another identity is one.
    """
    is_closed = provider_only.way(user) is Way.CLOSED
    if user.has_usable_password() and not is_closed:
        return True
    others = SocialAccount.objects.filter(provider_only.vouching(), user_id=user.pk)
    if others.exclude(pk=account.pk).exists():
        return True
    if is_closed:
        return False
    keys = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN)
    return _any_passkey(keys)


def _any_passkey(keys: Iterable[Authenticator]) -> bool:
    """Whether one of them signs in by itself; the others only second a password."""
    return any(key.wrap().is_passwordless for key in keys)


def _free_name(wanted: str, identity: Identity) -> str:
    """A user name that nobody has, and that is nobody's address: both are typed to sign in."""
    base = one_line(wanted, LONGEST_NAME) or identity.provider
    numbered = (f"{base}-{number}" for number in range(2, MOST_NUMBERS))
    for name in (base, *numbered):
        taken = User.objects.named(name).exists() or User.objects.addressed(name).exists()
        if not taken and name.casefold() not in RESERVED:
            return name
    return f"{base}-{identity.uid[:12]}"


def _free_address(wanted: str) -> str:
    """The address, or "" when it is none or somebody has it: two would sign in neither."""
    address = one_line(wanted, 254)
    try:
        validate_email(address)
    except ValidationError:
        return ""
    taken = User.objects.addressed(address).exists() or User.objects.named(address).exists()
    return "" if taken else address
