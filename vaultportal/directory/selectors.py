"""Who is there, for those who may know: people, clients, roles, memberships, keys and policies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, F, Func, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import (
    ApiClientPermission,
    ApiKeyPermission,
    PolicyPermission,
    RolePermission,
    SettingPermission,
    UserPermission,
)
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiClient, ApiKey, Membership, Policy, Role, User

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Source:
    """Where accounts come from."""

    id: UUID
    name: str


# A fixed id: clients may keep it.
LOCAL = Source(UUID("3b0c2a52-55d0-5a8e-9c0e-5f1f7c2f9a01"), "Local users")


def list_people(actor: Actor) -> QuerySet[User]:
    """Everybody's account, by user name; Forbidden without the right to see people."""
    access.require(actor, UserPermission.VIEW, User)
    return User.objects.filter(kind=User.Kind.PERSON).order_by("username", "pk")


def get_person(actor: Actor, user_id: UUID) -> User:
    """One person's account: anybody's for those who may see people, one's own for all."""
    _require_view(actor, user_id)
    return _one(User.objects.filter(kind=User.Kind.PERSON), "user", pk=user_id)


def get_principal(actor: Actor, user_id: UUID) -> User:
    """A person or an API client, by the id that both have in common."""
    _require_view(actor, user_id)
    return _one(User.objects.all(), "user", pk=user_id)


def list_roles(actor: Actor) -> QuerySet[Role]:
    """Every live role with ``member_count``, by name. Roles are no secret among those signed in."""
    return _with_members(Role.objects.live()).order_by("name")


def roles_behind(actor: Actor, role_id: UUID | None) -> QuerySet[Role]:
    """Those of ``list_roles`` whose names come after the one of this role; all of them for None."""
    roles = list_roles(actor)
    if role_id is None:
        return roles
    last = Role.objects.filter(uuid=role_id).values("name")
    return roles.filter(name__gt=Subquery(last))


def get_role(actor: Actor, role_id: UUID) -> Role:
    """One live role with ``member_count``."""
    return _one(_with_members(Role.objects.live()), "role", uuid=role_id)


def find_roles(actor: Actor, names: Collection[str]) -> QuerySet[Role]:
    """The live roles with these very names; names that no role has are left out."""
    return list_roles(actor).filter(name__in=names)


def get_roles(actor: Actor, role_ids: Collection[UUID]) -> dict[UUID, Role]:
    """The roles with these ids, retired ones included, for handles that stay."""
    return {role.uuid: role for role in Role.objects.filter(uuid__in=role_ids)}


def list_members(actor: Actor, role_id: UUID) -> QuerySet[User]:
    """Who holds a role now, by user name.

    Raises:
        Forbidden: the actor may see neither roles nor people.
    """
    if not (access.holds(actor, RolePermission.VIEW) or access.holds(actor, UserPermission.VIEW)):
        raise Forbidden("role")
    role = _one(Role.objects.live(), "role", uuid=role_id)
    held = Membership.objects.filter(_in_force(), group_id=role.pk)
    return User.objects.filter(pk__in=held.values("user_id")).order_by("username", "pk")


def list_memberships(actor: Actor, user_id: UUID) -> list[tuple[Role, Membership]]:
    """The roles that somebody was given, by name, those not in force now included."""
    _require_view(actor, user_id)
    _one(User.objects.all(), "user", pk=user_id)
    return memberships_of([user_id])[user_id]


def memberships_of(user_ids: Collection[UUID]) -> dict[UUID, list[tuple[Role, Membership]]]:
    """For rows that the caller may see already: the given roles of each user, by name."""
    found: dict[UUID, list[tuple[Role, Membership]]] = {user_id: [] for user_id in user_ids}
    memberships = Membership.objects.filter(user_id__in=found)
    roles = Role.objects.live().in_bulk({row.group_id for row in memberships})
    for row in memberships:
        if role := roles.get(row.group_id):
            found[row.user_id].append((role, row))
    for pairs in found.values():
        pairs.sort(key=lambda pair: pair[0].name)
    return found


def list_clients(actor: Actor) -> QuerySet[ApiClient]:
    """Every API client with its user, by name; Forbidden without the right to see clients."""
    access.require(actor, ApiClientPermission.VIEW, ApiClient)
    return (
        ApiClient.objects.select_related("user")
        .defer("secret")
        .order_by("user__full_name", "user__username", "pk")
    )


def list_keys(actor: Actor, user_id: UUID) -> QuerySet[ApiKey]:
    """Somebody's API keys, the newest first, without digests: one's own, or with the right."""
    if user_id != actor.user_id:
        access.require(actor, ApiKeyPermission.VIEW, ApiKey)
    return ApiKey.objects.filter(user_id=user_id).defer("digest").order_by("-created_at", "pk")


def list_policies(actor: Actor) -> QuerySet[Policy]:
    """Every policy, by name; Forbidden without the right to see policies."""
    access.require(actor, PolicyPermission.VIEW, Policy)
    return Policy.objects.order_by("name")


def list_tags(actor: Actor) -> list[str]:
    """Every tag that a person's account carries, sorted."""
    return sorted(
        list_people(actor)
        .filter(attributes__tags__0__isnull=False)
        .order_by()
        .annotate(tag=Func(F("attributes__tags"), function="jsonb_array_elements_text"))
        .values_list("tag", flat=True)
        .distinct()
    )


def list_sources(actor: Actor) -> list[Source]:
    """Where accounts come from; Forbidden without the right to see sources."""
    access.require(actor, SettingPermission.VIEW_SOURCES, Setting)
    return [LOCAL]


def _require_view(actor: Actor, user_id: UUID) -> None:
    if user_id != actor.user_id:
        access.require(actor, UserPermission.VIEW, User)


def _in_force() -> Q:
    now = timezone.now()
    return Q(
        Q(valid_from=None) | Q(valid_from__lte=now),
        Q(valid_until=None) | Q(valid_until__gt=now),
    )


def _with_members(roles: QuerySet[Role]) -> QuerySet[Role]:
    # Counted for the rows that are shown: a join would count everybody in every role first.
    held = Membership.objects.filter(_in_force(), group_id=OuterRef("pk")).order_by()
    members = Subquery(held.values("group_id").annotate(n=Count("pk")).values("n"))
    counted = roles.annotate(member_count=Coalesce(members, 0))
    return counted.prefetch_related("permissions__content_type")


def _one(rows: QuerySet[M], noun: str, **lookup: object) -> M:
    found = rows.filter(**lookup).first()
    if found is None:
        raise NotFound(noun)
    return found
