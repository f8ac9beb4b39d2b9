"""Rights on one secret, one by one, to roles and to people, for good or for a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from django.db.models import Max, QuerySet
from django.utils import timezone

from secrets_app import limits, queries, refusals
from secrets_app.models import Secret, SecretChange, SecretRoleGrant, SecretUserGrant
from secrets_app.permissions import SecretPermission
from secrets_app.records import ANY, Condition, Ref, SecretInfo, Written
from secrets_app.services import secrets, sharing
from vaultportal import trail
from vaultportal.directory.services.roles import shown_name
from vaultportal.errors import Fault, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role, User

RIGHTS = {"read": SecretPermission.READ, "write": SecretPermission.WRITE}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a grant, or is to have one: a role or a user, by its uuid."""

    kind: Literal["role", "user"]
    id: UUID

    @classmethod
    def named(cls, typed: str) -> Holder:
        """The account with this user name or e-mail address, in any letter case, typed in full.

        Who shares must know it: accounts are not listed to everybody.

        Raises:
            Invalid: nobody has it (``unknown``), or more than one has the address (``duplicate``).
        """
        found = list(User.objects.named(typed).filter(is_active=True))
        if not found and typed:
            found = list(User.objects.addressed(typed).filter(is_active=True)[:2])
        if not found:
            raise refusals.invalid(Fault("person", "unknown", "is nobody"))
        if len(found) > 1:
            raise refusals.invalid(Fault("person", "duplicate", "is the address of several"))
        return cls("user", found[0].pk)

    def find(self, *, with_disabled: bool = False) -> Role | User:
        """The role or user; Invalid when there is none, or only a disabled account."""
        found: Role | User | None
        if self.kind == "role":
            found = Role.objects.filter(uuid=self.id).first()
        else:
            users = User.objects.filter(pk=self.id)
            found = (users if with_disabled else users.filter(is_active=True)).first()
        if found is None:
            raise refusals.invalid(Fault("holder", "unknown", "does not exist"))
        return found


@dataclass(frozen=True, slots=True)
class Grant:
    """A right that somebody has on a secret.

    right: ``read``, ``write`` or ``own``.
    ended: it was for a time, and that is over.
    """

    holder: Holder
    holder_name: str
    right: str
    valid_until: datetime | None
    granted_by_id: UUID | None
    created_at: datetime
    deleted: bool = False

    @property
    def ended(self) -> bool:
        return self.valid_until is not None and self.valid_until <= datetime.now(UTC)


def list_grants(actor: Actor, ref: Ref) -> list[Grant]:
    """Every grant on the secret, those that have ended too: people first, then roles in order.

    Raises:
        NotFound: there is none, or none that the actor may know of.
    """
    info = secrets.find(actor, ref, rights=()).info
    of_users = SecretUserGrant.objects.filter(content_object_id=info.id)
    people = [
        _grant(row, Holder("user", row.user_id), row.user.username)
        for row in of_users.select_related("user", "permission").order_by("id")
    ]
    of_roles = SecretRoleGrant.objects.filter(content_object_id=info.id)
    handles = {role.pk: role for role in Role.objects.filter(pk__in=of_roles.values("group_id"))}
    roles = [
        _grant(
            row, Holder("role", role.uuid), shown_name(role), deleted=role.deleted_at is not None
        )
        for row in of_roles.select_related("permission").order_by("permission_id", "position")
        if (role := handles.get(row.group_id))
    ]
    return people + roles


@trail.unit()
def give(
    actor: Actor,
    ref: Ref,
    to: Holder,
    right: Literal["read", "write"],
    *,
    valid_until: datetime | None = None,
    condition: Condition = ANY,
) -> Written:
    """Give somebody the right to read or write, at the end of the list; or change its end.

    Raises:
        NotFound, Stale: as for replacing a secret.
        Forbidden: who may open the secret is not the actor's to decide.
        Invalid: no such role or user, or an end in the past or too far away.
        Conflict: the role is retired.
    """
    info = _held(actor, ref, condition)
    if valid_until is not None and valid_until <= timezone.now():
        raise refusals.invalid(Fault("valid_until", "range", "must lie in the future"))
    if fault := limits.fault_of_end(valid_until, "valid_until"):
        raise refusals.invalid(fault)
    permission = RIGHTS[right]
    holder = to.find()
    position = 0
    if isinstance(holder, Role):
        there = SecretRoleGrant.objects.filter(
            content_object_id=info.id, permission__codename=permission.codename
        )
        own = there.filter(group_id=holder.pk).values_list("position", flat=True).first()
        last = there.aggregate(last=Max("position"))["last"]
        position = own if own is not None else 0 if last is None else last + 1
    secret = Secret(pk=info.id)
    access.grant(actor, holder, permission, secret, valid_until=valid_until, position=position)
    _of(holder, info, permission).update(granted_by_id=actor.user_id)
    return _told(actor, info, f"{right}_grants")


@trail.unit()
def take(
    actor: Actor,
    ref: Ref,
    of: Holder,
    right: Literal["read", "write"],
    *,
    condition: Condition = ANY,
) -> Written:
    """Take the right to read or write away from somebody.

    Raises:
        NotFound: no such secret, or no such grant; Forbidden, Stale: as for giving.
    """
    info = _held(actor, ref, condition)
    holder = of.find(with_disabled=True)
    if not access.revoke(actor, holder, RIGHTS[right], Secret(pk=info.id)):
        raise NotFound("grant")
    return _told(actor, info, f"{right}_grants", lost=holder)


def _of(
    holder: Role | User, info: SecretInfo, permission: SecretPermission
) -> QuerySet[SecretRoleGrant] | QuerySet[SecretUserGrant]:
    number = numbers.on(permission, Secret)
    if isinstance(holder, Role):
        of_roles = SecretRoleGrant.objects.filter(content_object_id=info.id, group_id=holder.pk)
        return of_roles.filter(permission_id=number)
    of_users = SecretUserGrant.objects.filter(content_object_id=info.id, user_id=holder.pk)
    return of_users.filter(permission_id=number)


def _held(actor: Actor, ref: Ref, condition: Condition) -> SecretInfo:
    """The secret, locked, whose grants the actor may change."""
    info = secrets.find(actor, ref, rights=(queries.OWN,), lock=True).info
    if not sharing.may_share(actor, info):
        raise refusals.forbidden("change who may read or write this secret")
    condition.require(info.etag)
    return info


def _told(
    actor: Actor, info: SecretInfo, attribute: str, *, lost: Role | User | None = None
) -> Written:
    roles = [lost.pk] if isinstance(lost, Role) else []
    users = [lost.pk] if isinstance(lost, User) else []
    kind = SecretChange.Kind.ACCESS
    return secrets.advance(actor, info, [attribute], kind, lost_roles=roles, lost_users=users)


def _grant(
    row: SecretUserGrant | SecretRoleGrant, holder: Holder, name: str, *, deleted: bool = False
) -> Grant:
    right = row.permission.codename.removesuffix("_secret")
    return Grant(holder, name, right, row.valid_until, row.granted_by_id, row.created_at, deleted)
