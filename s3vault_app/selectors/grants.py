"""Who holds what on a vault, and whom one might give something to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from s3vault_app.models import Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from s3vault_app.selectors import people
from vaultportal.directory import selectors as directory
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role, User

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Held:
    """One right of a person or a role on a vault. right: the codename's first word."""

    name: str
    is_role: bool
    number: int
    right: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """People and roles to choose from. is_cut: whether there are more than are shown."""

    people: list[User]
    roles: list[Role]
    is_cut: bool = False


def grants_on(vault: Vault) -> list[Held]:
    """All rights in force, people first; for a vault that the caller may see. Two statements."""
    rights = (VaultPermission.OWN, VaultPermission.CHANGE, *vaults_data())
    named = {numbers.on(right, Vault): right.codename.partition("_")[0] for right in rights}
    live = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    on_it = Q(content_object=vault, permission_id__in=named)
    own = VaultUserGrant.objects.filter(live, on_it).select_related("user")
    by_role = VaultRoleGrant.objects.filter(live, on_it).select_related("group")
    found = [
        Held(
            row.user.full_name or row.user.username,
            is_role=False,
            number=row.user.number,
            right=named[row.permission_id],
            until=row.valid_until,
        )
        for row in own.order_by("user__username", "permission_id")
    ]
    return found + [
        Held(
            row.group.name,
            is_role=True,
            number=row.group_id,
            right=named[row.permission_id],
            until=row.valid_until,
        )
        for row in by_role.order_by("group__name", "permission_id")
    ]


def vaults_data() -> tuple[VaultPermission, ...]:
    """The rights that open the data."""
    return (VaultPermission.USE, VaultPermission.BACKUP)


def chosen(
    actor: Actor,
    owners: Collection[int],
    groups: Collection[int],
    *,
    holders: Collection[int] = (),
) -> Candidates:
    """The live people and roles of these numbers; who is nobody to the actor is left out.

    holders: people whom the actor sees anyway, as they hold the vault that is changed.
    """
    seen = Q(pk__in=people.list_users(actor).values("pk")) | Q(number__in=list(holders))
    return Candidates(
        list(User.objects.filter(seen, number__in=list(owners)).order_by("username")),
        list(Role.objects.live().filter(pk__in=list(groups)).order_by("name")),
    )


def candidates(
    actor: Actor, words: str, *, owners: Collection[int] = (), groups: Collection[int] = ()
) -> Candidates:
    """People and roles that the actor may see, by a part of their names, but those given."""
    users = people.list_users(actor).filter(is_active=True).exclude(number__in=list(owners))
    roles = directory.list_roles(actor).exclude(pk__in=list(groups))
    if words:
        users = users.filter(Q(username__icontains=words) | Q(full_name__icontains=words))
        roles = roles.filter(name__icontains=words)
    few = list(users.order_by("username")[: MOST_FOUND + 1])
    some = list(roles[: MOST_FOUND + 1])
    return Candidates(
        few[:MOST_FOUND], some[:MOST_FOUND], is_cut=max(len(few), len(some)) > MOST_FOUND
    )
