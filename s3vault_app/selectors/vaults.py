"""Vaults, for those who may see them, with who holds what on each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from s3vault_app import rows
from s3vault_app.models import Endpoint, Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import VaultPermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role, User

DATA = (VaultPermission.USE, VaultPermission.BACKUP)


@dataclass(frozen=True, slots=True)
class Holders:
    """Who may use the data of a vault: users and roles that were named, by number."""

    users: list[User] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)


def list_vaults(actor: Actor) -> QuerySet[Vault]:
    """Live vaults that the actor may see, by name, with ``endpoint_count``."""
    vaults = Vault.objects.live().select_related("plan", "pool").order_by("name")
    # Counted for the rows that are shown: a join would count the doors of all vaults first.
    doors = Endpoint.objects.filter(vault=OuterRef("pk")).order_by().values("vault")
    count = Coalesce(Subquery(doors.annotate(n=Count("pk")).values("n")), 0)
    return access.permitted(actor, VaultPermission.VIEW, vaults).annotate(endpoint_count=count)


def get_vault(actor: Actor, number: int) -> Vault:
    """One live vault that the actor may see."""
    found = list_vaults(actor).filter(number=number).first()
    if found is None:
        raise NotFound("vault", reason=rows.UNKNOWN_ID)
    return found


def endpoints_of(vault: Vault) -> list[Endpoint]:
    """The doors of a vault, the store first; for a vault that the caller may see."""
    found = vault.endpoints.select_related("machine")
    return sorted(found, key=lambda each: (each.role != Endpoint.Role.STORE, str(each.created_at)))


def holders_of(vault: Vault) -> Holders:
    """Users and roles with the data of a vault; for a vault that the caller may see."""
    rights = numbers.of(DATA)
    live = Q(valid_until=None) | Q(valid_until__gt=Now())
    users = VaultUserGrant.objects.filter(live, content_object=vault, permission_id__in=rights)
    roles = VaultRoleGrant.objects.filter(live, content_object=vault, permission_id__in=rights)
    return Holders(
        users=list(User.objects.filter(pk__in=users.values("user_id")).order_by("number")),
        roles=list(Role.objects.live().filter(pk__in=roles.values("group_id")).order_by("pk")),
    )


def latest_jobs(vault_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The number of the newest job of each vault."""
    newest = (
        Vault.objects.filter(pk__in=list(vault_ids), jobs__isnull=False)
        .order_by("pk", "-jobs__pk")
        .distinct("pk")
        .values_list("pk", "jobs__pk")
    )
    return dict(newest)


def is_name_taken(name: str) -> bool:
    """Whether a live vault has this name; told to whoever may make vaults, as making one would."""
    return Vault.objects.live().filter(name=name).exists()


def door_on(vault: Vault, machine_number: int) -> Endpoint:
    """The door of a vault on one machine, for a vault that the caller may see."""
    doors = vault.endpoints.select_related("machine")
    found = doors.filter(machine__number=machine_number).first()
    if found is None:
        raise NotFound("endpoint", reason=rows.UNKNOWN_ID)
    return found
