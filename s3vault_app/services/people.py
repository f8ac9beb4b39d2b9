"""Users and groups as this wire makes and deletes them, on the portal's directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils import timezone

from s3vault_app import identities, rows
from s3vault_app.models import PlanRoleGrant, PlanUserGrant, VaultRoleGrant, VaultUserGrant
from s3vault_app.services import doorbell
from vaultportal import trail
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import memberships, people, roles
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.people import PersonFields
from vaultportal.directory.services.roles import RoleFields
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.identity.permissions import named
from vaultportal.trail import Target


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to make. groups: by number, or by name where this wire names them so."""

    name: str
    email: str = ""
    full_name: str = ""
    password: str | None = field(default=None, repr=False)
    groups: tuple[int, ...] = ()
    group_names: tuple[str, ...] = ()


@trail.unit()
def create_user(actor: Actor, new: NewUser) -> User:
    """Make a person and put them into groups.

    Raises:
        Forbidden; Invalid: a weak password; Conflict: the name is taken; NotFound: no such group.

    Source: Commvault, ``POST User`` and ``POST V4/User``; contract section 9.
    """
    fields = PersonFields(username=new.name, email=new.email, full_name=new.full_name)
    user = people.create_person(actor, fields, password=new.password or None)
    for role in [*rows.roles(new.groups), *_named(new.group_names)]:
        memberships.add_role(actor, user.pk, Given(role.uuid))
    return user


@trail.unit()
def change_user(
    actor: Actor, number: int, fields: PersonFields, *, enabled: bool | None = None
) -> User:
    """Change what is said about a person, and whether they may sign in.

    Source: Commvault, ``PUT V4/User/{id}``, ``PUT User/{id}/enable`` and ``/disable``.
    """
    access.require(actor, UserPermission.CHANGE, User)
    [user] = rows.users([number])
    if fields.given():
        people.change_person(actor, user.pk, fields)
    if enabled is True:
        people.enable_person(actor, user.pk)
    elif enabled is False:
        people.disable_person(actor, user.pk)
    if enabled is not None:
        doorbell.identities_changed([user.pk])
    return user


@trail.unit()
def delete_user(actor: Actor, number: int, *, heir: int = 0, heir_group: int = 0) -> None:
    """Erase a person; what they own of vaults and plans passes to a user or a group.

    heir, heir_group: by number; 0 for nobody. Their own S3 pairs end with them.

    Raises:
        Forbidden, NotFound; Conflict: the person would inherit from themselves, or nobody would be
            left in charge.

    Source: Commvault, ``DELETE User/{id}?newUserId=&newUserGroupId=``; contract section 9.
    """
    access.require(actor, UserPermission.DELETE, User)
    [user] = rows.users([number])
    heirs = _heirs(heir, heir_group)
    if user in heirs:
        raise Conflict("user", "Name another user as the new owner.", reason="s3.wrong_state")
    user_id = user.pk
    held = [table.objects.filter(user=user) for table in (VaultUserGrant, PlanUserGrant)]
    _hand_over(actor, held, heirs, Target("user", str(user_id), user.username))
    people.delete_person(actor, user_id)
    doorbell.identities_changed([user_id])


@trail.unit()
def create_group(actor: Actor, name: str, comment: str = "", users: Sequence[str] = ()) -> Role:
    """Make a group, which is a role of the portal, with these users, named by user name.

    Source: Commvault, ``POST UserGroup`` and ``POST V4/UserGroup``; contract section 9.
    """
    role = roles.create_role(actor, RoleFields(name=name, comment=comment))
    for username in users:
        user = User.objects.named(username).first()
        if user is None:
            raise NotFound("user", "No user has this name.", reason=rows.UNKNOWN_USER)
        memberships.add_role(actor, user.pk, Given(role.uuid))
    return role


@trail.unit()
def delete_group(actor: Actor, number: int, *, heir: int = 0, heir_group: int = 0) -> None:
    """Retire a group; its rights on vaults and plans pass on. Raises as ``delete_user``."""
    [role] = rows.roles([number])
    heirs = _heirs(heir, heir_group)
    if role in heirs:
        raise Conflict("user group", "Name another group.", reason="s3.wrong_state")
    held = [table.objects.filter(group_id=role.pk) for table in (VaultRoleGrant, PlanRoleGrant)]
    _hand_over(actor, held, heirs, Target("role", str(role.uuid), role.name))
    reached = identities.members([role.pk])
    roles.retire_role(actor, role.uuid)
    doorbell.identities_changed(reached)


def _named(names: Sequence[str]) -> list[Role]:
    found = {role.name.casefold(): role for role in Role.objects.live().filter(name__in=names)}
    if len(found) < len({name.casefold() for name in names}):
        raise NotFound("user group", "No user group has this name.", reason=rows.UNKNOWN_NAME)
    return list(found.values())


def _heirs(heir: int, heir_group: int) -> list[User | Role]:
    return [
        *rows.users([heir] if heir else []),
        *rows.roles([heir_group] if heir_group else []),
    ]


def _hand_over(actor: Actor, held: Any, heirs: Sequence[User | Role], target: Target) -> None:
    """Give each heir the rights on vaults and plans that the grants of ``held`` name.

    A right ends for the heir when it would have ended, or with their own if that is longer.
    """
    if not heirs:
        return
    count = 0
    for table in held:
        live = table.filter(Q(valid_until=None) | Q(valid_until__gt=timezone.now()))
        for grant in live.select_related("permission", "content_object"):
            right = named(f"s3vault_app.{grant.permission.codename}")
            if right is None:
                continue
            count += 1
            for heir in heirs:
                if not _holds_as_long(heir, grant):
                    until = grant.valid_until
                    access.grant(actor, heir, right, grant.content_object, valid_until=until)
    numbers = [each.number for each in heirs]
    trail.record(actor, "s3_vault.hand_over", target, heirs=[*numbers], grants=count)


def _holds_as_long(heir: User | Role, grant: Any) -> bool:
    """Whether the heir's own grant of the right on the row ends no sooner than this one."""
    on_vault = isinstance(grant, (VaultUserGrant, VaultRoleGrant))
    tables = (VaultUserGrant, VaultRoleGrant) if on_vault else (PlanUserGrant, PlanRoleGrant)
    table: Any = tables[isinstance(heir, Role)]
    holder = {"group_id" if isinstance(heir, Role) else "user_id": heir.pk}
    same = table.objects.filter(
        permission=grant.permission, content_object=grant.content_object, **holder
    )
    longer = Q(valid_until=None)
    if grant.valid_until is not None:
        longer |= Q(valid_until__gte=grant.valid_until)
    return bool(same.filter(longer).exists())
