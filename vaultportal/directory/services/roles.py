"""Roles: groups of principals, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from vaultportal import trail
from vaultportal.directory import rows, second_factor, text
from vaultportal.directory.difference import NOTHING, Difference
from vaultportal.directory.models import SavedView
from vaultportal.directory.permissions import RolePermission
from vaultportal.directory.services import administrators
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Membership, Role
from vaultportal.identity.models.role import ADMIN
from vaultportal.trail import Target

# Group.name takes 150 characters; a retired role's name ends in its id.
MAX_NAME = 150
RETIRED_NAME = "retired_name"


@dataclass(frozen=True, slots=True)
class RoleFields:
    """What may be said about a role; None leaves a field as it is.

    rights: full names ("secrets_app.add_secret") held for all rows; they replace the old ones.
    wire: fields of a dialect that are kept as given; they replace the old ones key by key.
    needs_factor: whether its people need a second factor.
    """

    name: str | None = None
    comment: str | None = None
    rights: frozenset[str] | None = None
    wire: Mapping[str, Any] | None = None
    needs_factor: bool | None = None


@trail.unit()
def create_role(actor: Actor, fields: RoleFields) -> Role:
    """Make a role.

    Raises:
        Forbidden: the actor may not add roles.
        Invalid: no or a bad name, a right that does not exist, or a second factor is demanded by
            somebody without one.
        Conflict: the name is taken.

    Source: PrivX role-store, ``POST /role-store/api/v1/roles``.
    """
    access.require(actor, RolePermission.ADD, Role)
    if fields.rights:
        # Whoever may fill a role with rights may give any right.
        access.require(actor, RolePermission.CHANGE, Role)
    role = Role(author_id=rows.author(actor), updated_by_id=rows.author(actor))
    factor = _demand_factor(actor, role, fields)
    _apply(role, fields)
    _check(role)
    _save(role, new=True)
    changed = _set_rights(role, fields.rights) if fields.rights is not None else NOTHING
    trail.record(
        actor,
        "role.create",
        Target("role", str(role.uuid), role.name),
        **factor,
        **changed.detail(),
    )
    return role


@trail.unit()
def change_role(actor: Actor, role_id: UUID, fields: RoleFields) -> Role:
    """Rename a role or change what it may do.

    Raises:
        NotFound, Forbidden, Invalid; Conflict: the name is taken, or the role is built in and
        the change would touch its name or, for administrators, its rights.

    Source: PrivX role-store, ``PUT /role-store/api/v1/roles/{role_id}``.
    """
    access.require(actor, RolePermission.CHANGE, Role)
    role = rows.role(role_id)
    if role.system and fields.name not in (None, role.name):
        raise _built_in()
    before = role.name
    factor = _demand_factor(actor, role, fields)
    _apply(role, fields)
    _check(role)
    role.updated_by_id = rows.author(actor)
    _save(role)
    changed = NOTHING
    if fields.rights is not None and not (role.system and role.name == ADMIN):
        changed = _set_rights(role, fields.rights)
    renamed = {"was": before} if before != role.name else {}
    trail.record(
        actor,
        "role.change",
        Target("role", str(role.uuid), role.name),
        **renamed,
        **factor,
        **changed.detail(),
    )
    return role


@trail.unit()
def retire_role(actor: Actor, role_id: UUID) -> None:
    """Delete a role, as its users see it: nobody holds it, it gives nothing, its name is free.

    The row stays, marked, since secrets keep its handle and must show that it is deleted.

    Raises:
        NotFound, Forbidden; Conflict: the role is built in.

    Source: PrivX role-store, ``DELETE /role-store/api/v1/roles/{role_id}``; contract section 3.
    """
    access.require(actor, RolePermission.DELETE, Role)
    with administrators.somebody_stays_in_charge():
        role = rows.role(role_id)
        if role.system:
            raise _built_in()
        name = role.name
        Membership.objects.filter(group_id=role.pk).delete()
        SavedView.objects.filter(role=role).update(role=None)
        role.permissions.clear()
        role.policies.clear()
        role.trusted_roles.clear()
        role.trusted_by.clear()
        suffix = f" ({role.uuid})"
        role.name = name[: MAX_NAME - len(suffix)] + suffix
        role.wire = {**role.wire, RETIRED_NAME: name}
        role.deleted_at = timezone.now()
        role.updated_by_id = rows.author(actor)
        role.save()
    trail.record(actor, "role.retire", Target("role", str(role_id), name))


def shown_name(role: Role) -> str:
    """The name that people knew the role by, also after it was retired."""
    return str(role.wire.get(RETIRED_NAME, role.name)) if role.deleted_at else role.name


def rights_of(role: Role) -> frozenset[str]:
    """The full names of what the role may do for all rows."""
    return frozenset(
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in role.permissions.all()
    )


def _check(role: Role) -> None:
    text.check_name("name", role.name, MAX_NAME)
    text.check_kept("comment", role.comment)
    text.check_kept("wire", role.wire)


def _apply(role: Role, fields: RoleFields) -> None:
    if fields.name is not None:
        role.name = fields.name
    if fields.comment is not None:
        role.comment = fields.comment
    if fields.wire is not None:
        role.wire = {**role.wire, **fields.wire}


def _demand_factor(actor: Actor, role: Role, fields: RoleFields) -> dict[str, Any]:
    """Set whether the role demands a second factor; what the trail says of it."""
    wanted = fields.needs_factor
    if wanted is None or wanted == role.needs_factor:
        return {}
    if wanted:
        second_factor.require_own(actor)
    role.needs_factor = wanted
    return {"needs_factor": wanted}


def _save(role: Role, *, new: bool = False) -> None:
    try:
        with transaction.atomic():
            role.save(force_insert=new)
    except IntegrityError as clash:
        raise Conflict("role", faults=(Fault("name", "duplicate", "is taken"),)) from clash


def _set_rights(role: Role, rights: frozenset[str]) -> Difference:
    before = rights_of(role)
    wanted = Q(pk__in=[])
    for right in rights:
        app_label, _, codename = right.partition(".")
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    permissions = list(Permission.objects.filter(wanted).select_related("content_type"))
    found = {f"{each.content_type.app_label}.{each.codename}" for each in permissions}
    if missing := rights - found:
        fault = Fault("permissions", "unknown", f"has {len(missing)} that do not exist")
        raise Invalid(message="A permission does not exist.", faults=(fault,))
    role.permissions.set(permissions)
    return Difference.of(before, rights)


def _built_in() -> Conflict:
    return Conflict("role", "The role is built in.", reason="system_role")
