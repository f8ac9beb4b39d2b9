"""Users and groups by the numbers of the wire, and what they hold on vaults."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q, QuerySet
from django.utils import timezone

from s3vault_app import rows
from s3vault_app.models import Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from s3vault_app.roles import ROLES, WireRole
from vaultportal.directory import selectors as directory
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Membership, Role, User


def list_users(actor: Actor) -> QuerySet[User]:
    """People by number: everybody for those who may see people, oneself for the others."""
    if access.holds(actor, UserPermission.VIEW):
        return directory.list_people(actor).order_by("number")
    return User.objects.filter(pk=actor.user_id)


def get_user(actor: Actor, number: int) -> User:
    """One person; NotFound for those whom the actor may not see."""
    found = list_users(actor).filter(number=number).first()
    if found is None:
        raise NotFound("user", reason=rows.UNKNOWN_USER)
    return found


def list_groups(actor: Actor) -> QuerySet[Role]:
    """Every live role; their names are no secret among those signed in."""
    return directory.list_roles(actor).order_by("pk")


def get_group(actor: Actor, number: int) -> Role:
    """One live role."""
    found = list_groups(actor).filter(pk=number).first()
    if found is None:
        raise NotFound("user group", reason=rows.UNKNOWN_ID)
    return found


def members_of(actor: Actor, groups: Collection[Role]) -> dict[int, list[User]]:
    """The people in each group, for those who may know; nobody in any for the others."""
    found: dict[int, list[User]] = {group.pk: [] for group in groups}
    if not (access.holds(actor, RolePermission.VIEW) or access.holds(actor, UserPermission.VIEW)):
        return found
    rows_ = Membership.objects.filter(group_id__in=found).select_related("user")
    for row in rows_.order_by("user__number"):
        found[row.group_id].append(row.user)
    return found


def roles_of(actor: Actor, holder: User | Role) -> list[tuple[Vault, WireRole]]:
    """What ``holder`` was given on live vaults that the actor may see too, by the wire's roles."""
    live = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    grants = (
        VaultRoleGrant.objects.filter(live, group_id=holder.pk)
        if isinstance(holder, Role)
        else VaultUserGrant.objects.filter(live, user_id=holder.pk)
    )
    by_right = {numbers.on(right, Vault): role for role in ROLES for right in role.rights}
    given = list(
        grants.filter(permission_id__in=by_right).values_list("content_object_id", "permission_id")
    )
    vaults = Vault.objects.live().filter(pk__in=[vault for vault, _ in given])
    seen = access.permitted(actor, VaultPermission.VIEW, vaults).in_bulk()
    found = {(seen[vault], by_right[right]) for vault, right in given if vault in seen}
    return sorted(found, key=lambda pair: (pair[0].number, pair[1].id))
