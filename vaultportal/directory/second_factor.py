"""Of whom a second factor is demanded: of nobody, of administrators, of everybody, of roles.

The rule has one place, this one. The statement that reads the person of a session asks it, so it is
SQL and not the ORM's: its text costs nothing to put together, and a change is in force at the next
request.

Programs are asked for nothing: they have no factor, and what they sign in with is none of a
person's.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import BooleanField, Count, Exists, Func, OuterRef, Q
from django.http import HttpRequest

from vaultportal.directory import options, provider_only
from vaultportal.directory.models import Setting
from vaultportal.directory.options import Option
from vaultportal.directory.people_list import factors_of
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services import administrators
from vaultportal.errors import Fault, Invalid
from vaultportal.identity import access, proof
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.identity.models.role import ADMIN, EVERYONE
from vaultportal.identity.person_rules import factor_missing

NAME = "login.second_factor"
NOBODY, ADMINISTRATORS, EVERYBODY = "nobody", "administrators", "everyone"

_DEMANDED = f"""EXISTS (
    SELECT 1 FROM identity_user account
    LEFT JOIN directory_setting policy ON policy.name = '{NAME}'
    WHERE account.id = %(expressions)s AND account.kind = 'person' AND (
        policy.value = '"{EVERYBODY}"'
        OR (policy.value = '"{ADMINISTRATORS}"' AND account.is_superuser)
        OR EXISTS (
            SELECT 1 FROM identity_membership held
            JOIN identity_role role ON role.group_ptr_id = held.group_id
            JOIN auth_group named ON named.id = held.group_id
            WHERE held.user_id = account.id AND role.deleted_at IS NULL
              AND (held.valid_from IS NULL OR held.valid_from <= statement_timestamp())
              AND (held.valid_until IS NULL OR held.valid_until > statement_timestamp())
              AND (role.needs_factor
                   OR (policy.value = '"{ADMINISTRATORS}"' AND named.name = '{ADMIN}'))
        )
        OR EXISTS (
            SELECT 1 FROM auth_group named
            JOIN identity_role role ON role.group_ptr_id = named.id
            WHERE named.name = '{EVERYONE}' AND role.system AND role.needs_factor
        )
    ){{more}}
)"""  # noqa: S608 constants of this module and of the models
_WITHOUT = """ AND NOT EXISTS (
        SELECT 1 FROM mfa_authenticator factor
        WHERE factor.user_id = account.id AND factor.type IN ('totp', 'webauthn')
    )"""


class Demanded(Func):
    """Of the id of a user: a second factor is demanded of the person."""

    template = _DEMANDED.format(more="")
    output_field = BooleanField()


class Missing(Func):
    """Of the id of a user: it is demanded, and there is none."""

    template = _DEMANDED.format(more=_WITHOUT)
    output_field = BooleanField()


@dataclass(frozen=True, slots=True)
class State:
    """How many active people have no second factor.

    administrators: those among them who are in charge. missing: those of whom one is demanded.
    """

    without: int
    administrators: int
    missing: int


def is_missing(user: User) -> bool:
    """Whether the person has to add a second factor before all else.

    Of who signs in, or has, it was read with the row.
    """
    known: bool | None = getattr(user, "lacks_factor", None)
    if known is None:
        known = User.objects.filter(pk=user.pk).filter(Missing("pk")).exists()
    return known and not provider_only.in_force()


def confines(request: HttpRequest, user: User) -> bool:
    """Whether this browser of the person opens nothing but adding a second factor.

    Who came by a provider needs none here: what that provider asks for is its own.
    """
    return is_missing(user) and not proof.is_from_outside(request, user)


def is_kept(user: User) -> bool:
    """Whether the person has one second factor left and may not be without."""
    if factors_of(user.pk).count() > 1 or provider_only.in_force():
        return False
    return User.objects.filter(pk=user.pk).filter(Demanded("pk")).exists()


def state(actor: Actor) -> State:
    """How the setting stands, in one query. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    people = User.objects.filter(kind=User.Kind.PERSON, is_active=True)
    without = people.exclude(Exists(factors_of(OuterRef("pk"))))
    in_charge = Exists(administrators.administrators().filter(pk=OuterRef("pk")))
    counted = without.annotate(in_charge=in_charge, missing=Missing("pk")).aggregate(
        without=Count("pk"),
        administrators=Count("pk", filter=Q(in_charge=True)),
        demanded=Count("pk", filter=Q(missing=True)),
    )
    return State(counted["without"], counted["administrators"], counted["demanded"])


def require_own(actor: Actor, field: str = "") -> None:
    """Invalid unless who demands a second factor of people has one; the portal itself has none.

    field: what the demand was written into, "" for nothing of a name. Reason: ``own_factor``.
    """
    if actor.kind == "system" or factors_of(actor.user_id).exists():
        return
    message = "Add a second factor of your own before you demand one."
    fault = Fault(field, "conflict", "asks for a second factor of your own first")
    raise Invalid(message=message, reason="own_factor", faults=(fault,) if field else ())


def connect() -> None:
    """Have the reading of sessions' people tell it."""
    factor_missing.use(lambda: Missing("pk"))


def _guard(actor: Actor, wanted: str) -> None:
    if wanted != NOBODY:
        require_own(actor, NAME)


SECOND_FACTOR = options.register(
    Option(
        NAME,
        default=NOBODY,
        help="Of whom a second factor is demanded before anything else opens.",
        choices=(NOBODY, ADMINISTRATORS, EVERYBODY),
        guard=_guard,
    )
)
