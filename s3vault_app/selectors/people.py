"""Users and groups by the numbers of the wire, and what they hold on vaults."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import QuerySet

from s3vault_app import rows
from s3vault_app.models import Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from vaultportal.directory import selectors as directory
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
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


def vaults_of(actor: Actor, holder: User | Role) -> list[Vault]:
    """The live vaults with a grant to ``holder`` that the actor may see too."""
    grants = (
        VaultRoleGrant.objects.filter(group_id=holder.pk)
        if isinstance(holder, Role)
        else VaultUserGrant.objects.filter(user_id=holder.pk)
    )
    vaults = Vault.objects.live().filter(pk__in=grants.values("content_object_id"))
    return list(access.permitted(actor, VaultPermission.VIEW, vaults).order_by("number"))
