"""People as managers look for them: second factor, roles, when they were last seen."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from vaultportal.directory import selectors
from vaultportal.directory.permissions import UserPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiKey, Membership, Role, Session, User

# Recovery codes alone are none.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What to look for; "" and None stand for anything.

    words: a part of the user name, the name or the e-mail address.
    state: ``active`` or ``disabled``. factor: ``with`` or ``without``. role: in force or not.
    """

    words: str = ""
    state: str = ""
    factor: str = ""
    role: UUID | None = None


def choose_people(actor: Actor, wanted: PeopleFilter) -> QuerySet[User]:
    """By user name, each with ``has_factor`` and ``seen_at``. Raises Forbidden."""
    has_factor = Exists(factors_of(OuterRef("pk")))
    rows = selectors.list_people(actor).annotate(has_factor=has_factor, seen_at=_seen())
    if wanted.words:
        rows = rows.filter(
            Q(username__icontains=wanted.words)
            | Q(full_name__icontains=wanted.words)
            | Q(email__icontains=wanted.words)
        )
    if wanted.state:
        rows = rows.filter(is_active=wanted.state == "active")
    if wanted.factor:
        rows = rows.filter(has_factor=wanted.factor == "with")
    if wanted.role is not None:
        held = Membership.objects.filter(user_id=OuterRef("pk"), group__role__uuid=wanted.role)
        rows = rows.filter(Exists(held))
    return rows


def factors_of(user_id: UUID | OuterRef) -> QuerySet[Authenticator]:
    """The second factors of a person."""
    rows: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS)
    return rows


def authenticators_of(user_id: UUID) -> set[tuple[int, str]]:
    """Key and type of all that allauth keeps of a person, recovery codes too."""
    return set(Authenticator.objects.filter(user_id=user_id).values_list("pk", "type"))


def sessions_of(actor: Actor, user_id: UUID) -> list[Session]:
    """Somebody's living sessions, the latest first; Forbidden without the right to see people."""
    access.require(actor, UserPermission.VIEW, User)
    rows = Session.objects.alive().filter(user_id=user_id).defer("data", "digest")
    return list(rows.order_by("-last_seen_at", "pk"))


def members_of(actor: Actor, role: Role) -> QuerySet[Membership]:
    """Everybody whom a role was given, with their user, by name. Raises Forbidden."""
    access.require(actor, UserPermission.VIEW, User)
    given = Membership.objects.filter(group_id=role.pk).select_related("user")
    return given.order_by("user__username", "pk")


def _seen() -> Greatest:
    """The newest of what is known; PostgreSQL leaves NULLs out of ``greatest``."""
    sessions = _newest(Session.objects.filter(user_id=OuterRef("pk")), "last_seen_at")
    keys = _newest(ApiKey.objects.filter(user_id=OuterRef("pk")), "last_used_at")
    return Greatest("last_login", sessions, keys)


def _newest(rows: QuerySet[Session] | QuerySet[ApiKey], column: str) -> Subquery:
    return Subquery(rows.order_by().values("user_id").annotate(at=Max(column)).values("at"))
