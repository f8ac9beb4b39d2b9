"""Who may use the data of a vault: users and roles with the right that the wire calls S3 User."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from s3vault_app import identities
from s3vault_app.models import Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import doorbell, keys
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role, User

DATA = (VaultPermission.USE, VaultPermission.BACKUP)


def give(
    actor: Actor,
    vault: Vault,
    users: Collection[User],
    roles: Collection[Role],
    *,
    permission: VaultPermission = VaultPermission.USE,
) -> set[UUID]:
    """Grant the data to these, and a pair to each who has none; everybody who is reached now.

    Within the caller's unit of work, which has checked the right and leaves the trace.
    """
    holders: list[User | Role] = [*users, *roles]
    for holder in holders:
        access.grant(actor, holder, permission, vault)
    people = reached(users, roles)
    keys.ensure_pairs(people)
    doorbell.identities_changed(people)
    return people


def reached(users: Collection[User], roles: Collection[Role]) -> set[UUID]:
    """These users, and who holds one of these roles now."""
    return {user.pk for user in users} | identities.members([role.pk for role in roles])


def take(actor: Actor, vault: Vault, holder: User | Role) -> bool:
    """Take the use of the data from one; whether there was a grant. As ``give`` otherwise.

    A grant of the stronger right stays.
    """
    before = identities.holders(vault)
    taken = access.revoke(actor, holder, VaultPermission.USE, vault)
    doorbell.identities_changed(before - identities.holders(vault))
    return taken


def replace(
    actor: Actor,
    vault: Vault,
    users: Sequence[User] | None,
    roles: Sequence[Role] | None,
) -> set[UUID]:
    """Make these all who hold the data; None leaves a list as it is. As ``give`` otherwise.

    Whoever is left out loses S3 access as soon as the engines have compared.
    """
    before = identities.holders(vault)
    rights = numbers.of(DATA)
    if users is not None:
        kept = {user.pk for user in users}
        _drop(VaultUserGrant, vault, rights, user_id=kept)
    if roles is not None:
        held = {role.pk for role in roles}
        _drop(VaultRoleGrant, vault, rights, group_id=held)
    present = _present(vault, rights)
    give(
        actor,
        vault,
        [user for user in users or () if user.pk not in present],
        [role for role in roles or () if role.pk not in present],
    )
    after = identities.holders(vault)
    doorbell.identities_changed(before ^ after)
    return after


def _drop(table: Any, vault: Vault, rights: list[int], **kept: Collection[Any]) -> None:
    [(column, values)] = kept.items()
    grants = table.objects.filter(content_object=vault, permission_id__in=rights)
    grants.exclude(**{f"{column}__in": values}).delete()


def _present(vault: Vault, rights: list[int]) -> set[Any]:
    """Keys of the users and roles that hold the data already, perhaps with the stronger right."""
    where = {"content_object": vault, "permission_id__in": rights, "valid_until": None}
    users = VaultUserGrant.objects.filter(**where).values_list("user_id", flat=True)
    roles = VaultRoleGrant.objects.filter(**where).values_list("group_id", flat=True)
    return {*users, *roles}
