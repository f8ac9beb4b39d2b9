"""Who is in which role, and for how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vaultportal import trail
from vaultportal.directory import rows
from vaultportal.directory.difference import Difference
from vaultportal.directory.permissions import ApiClientPermission, RolePermission, UserPermission
from vaultportal.directory.services import administrators
from vaultportal.errors import Fault, Forbidden, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Membership, Role, User
from vaultportal.identity.models.role import EVERYONE
from vaultportal.trail import Target


@dataclass(frozen=True, slots=True)
class Given:
    """A role that is given, from a time until before a time; None is without that bound."""

    role: UUID
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@trail.unit()
def set_roles(actor: Actor, user_id: UUID, given: Sequence[Given]) -> None:
    """Make ``given`` the whole set of somebody's roles; those left out are taken away.

    Takes effect with the next call of whoever it is about. The role that everybody has may be
    named and is not stored.

    Raises:
        Forbidden: without the right to change people (clients, for a client) and to hand out roles.
        NotFound: there is no such user.
        Invalid: a role that does not exist, or that would end before it begins.
        Conflict: nobody would be left in charge.

    Source: PrivX role-store, ``PUT /role-store/api/v1/users/{user_id}/roles``.
    """
    require_change(actor)
    with administrators.somebody_stays_in_charge():
        user = rows.principal(user_id)
        before = _names(user)
        store(actor, user, given)
    target = Target("user", str(user.pk), user.username)
    changed = Difference.of(before, _names(user))
    given_ids = [str(each.role) for each in given]
    trail.record(actor, "user.set_roles", target, roles=[*given_ids], **changed.detail())


@trail.unit()
def add_role(actor: Actor, user_id: UUID, given: Given) -> None:
    """Give one more role, or change the time for which it is given. Raises as ``set_roles``."""
    require_change(actor)
    user = rows.principal(user_id)
    roles = rows.roles([given.role])
    require_may_hand_out(actor, roles.values())
    before = _names(user)
    with administrators.somebody_stays_in_charge():
        _write(actor, user, [given], roles)
    target = Target("user", str(user.pk), user.username)
    until = {"until": given.valid_until.isoformat()} if given.valid_until else {}
    changed = Difference.of(before, _names(user))
    trail.record(actor, "user.add_role", target, role=str(given.role), **until, **changed.detail())


@trail.unit()
def remove_role(actor: Actor, user_id: UUID, role_id: UUID) -> None:
    """Take one role away; nothing happens when it was not given. Raises as ``set_roles``."""
    require_change(actor)
    with administrators.somebody_stays_in_charge():
        user, role = rows.principal(user_id), rows.role(role_id)
        gone, _ = Membership.objects.filter(user=user, group_id=role.pk).delete()
    target = Target("user", str(user.pk), user.username)
    changed = Difference(lost=(role.name,)) if gone else Difference()
    trail.record(actor, "user.remove_role", target, role=str(role_id), **changed.detail())


def _names(user: User) -> frozenset[str]:
    """The roles that were given, by name, whether in force or not."""
    return frozenset(Membership.objects.filter(user=user).values_list("group__name", flat=True))


def require_change(actor: Actor) -> None:
    """Forbidden without the right to change principals and to hand out any role."""
    if not access.holds(actor, ApiClientPermission.CHANGE):
        access.require(actor, UserPermission.CHANGE, User)
    access.require(actor, RolePermission.CHANGE, Role)


def require_may_hand_out(actor: Actor, roles: Iterable[Role]) -> None:
    """Forbidden unless the actor may hand out any role, or holds each of these."""
    if access.holds(actor, RolePermission.CHANGE):
        return
    if not {role.pk for role in roles} <= set(actor.role_ids):
        raise Forbidden("role", "You may hand out only roles that you hold.", reason="above")


def store(actor: Actor, user: User, given: Sequence[Given]) -> None:
    """Make ``given`` the roles of the locked ``user``; the caller has checked who asks."""
    wanted = {each.role: each for each in given}
    roles = {
        role_id: role for role_id, role in rows.roles(list(wanted)).items() if role.name != EVERYONE
    }
    kept = Membership.objects.filter(user=user)
    gone = kept.exclude(group_id__in=[role.pk for role in roles.values()])
    new = roles.keys() - {row.group_id for row in kept}
    require_may_hand_out(actor, [roles[role_id] for role_id in new])
    gone.delete()
    _write(actor, user, [wanted[role_id] for role_id in roles], roles)


def _write(actor: Actor, user: User, given: Sequence[Given], roles: dict[UUID, Role]) -> None:
    for index, each in enumerate(given):
        if each.valid_from and each.valid_until and each.valid_from >= each.valid_until:
            fault = Fault(f"roles.{index}", "range", "must begin before it ends")
            raise Invalid(message="A role must begin before it ends.", faults=(fault,))
    present = {row.group_id: row for row in Membership.objects.filter(user=user)}
    for each in given:
        role = roles[each.role]
        times = {"valid_from": each.valid_from, "valid_until": each.valid_until}
        row = present.get(role.pk)
        if row is None:
            Membership.objects.create(
                user=user, group_id=role.pk, granted_by_id=rows.author(actor), **times
            )
        elif (row.valid_from, row.valid_until) != (each.valid_from, each.valid_until):
            Membership.objects.filter(pk=row.pk).update(**times, granted_by_id=rows.author(actor))
