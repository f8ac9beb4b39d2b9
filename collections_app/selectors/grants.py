"""Who was let into one collection: its grants, with the names of who holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from collections_app.models import CollectionRoleGrant, CollectionUserGrant
from collections_app.permissions import CollectionPermission
from collections_app.schema.compiled import CollectionSchema
from vaultportal.identity.models import Role, User

MOST_OWNERS = 3


@dataclass(frozen=True, slots=True)
class Grant:
    """kind: ``role`` or ``user``; holder: the id that services take; right: a codename."""

    kind: str
    holder: str
    name: str
    right: str
    until: datetime | None


def grants_of(schema: CollectionSchema) -> list[Grant]:
    """The grants in force on the collection, by name of the holder: three statements.

    The caller has checked that the reader may know who is let in.
    """
    in_force = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    users = CollectionUserGrant.objects.filter(in_force, content_object_id=schema.id)
    roles = CollectionRoleGrant.objects.filter(in_force, content_object_id=schema.id)
    role_rows = list(roles.select_related("permission"))
    names = Role.objects.live().in_bulk({row.group_id for row in role_rows})
    found = [
        _grant("role", str(role.uuid), role.name, row)
        for row in role_rows
        if (role := names.get(row.group_id)) is not None
    ]
    found += [
        _grant("user", str(row.user_id), row.user.full_name or row.user.username, row)
        for row in users.select_related("permission", "user")
    ]
    return sorted(found, key=lambda each: (each.name.casefold(), each.kind, each.right))


def owners_of(schema: CollectionSchema) -> list[str]:
    """Who may let others in, by name, for who was refused: two statements and a few names."""
    owning = CollectionPermission.OWN.codename
    held = {"content_object_id": schema.id, "permission__codename": owning}
    in_force = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    users = CollectionUserGrant.objects.filter(in_force, user__is_active=True, **held)
    people = [each.user.full_name or each.user.username for each in users.select_related("user")]
    groups = CollectionRoleGrant.objects.filter(in_force, **held).values("group_id")
    names = [*people, *Role.objects.live().filter(pk__in=groups).values_list("name", flat=True)]
    return sorted(names)[:MOST_OWNERS]


def holder(kind: str, identifier: str) -> User | Role | None:
    """The row behind a grant's ``kind`` and ``holder``; None when there is none."""
    if kind == "role":
        return Role.objects.live().filter(uuid=identifier).first()
    return User.objects.filter(pk=identifier, is_active=True).first()


def user_named(name: str) -> User | None:
    """An active person or client by user name, in any letter case."""
    return User.objects.filter(username__iexact=name, is_active=True).first()


def roles() -> Iterable[Role]:
    """The roles that can be let in, by name."""
    return Role.objects.live().order_by("name")


def _grant(kind: str, identifier: str, name: str, row: Any) -> Grant:
    return Grant(kind, identifier, name, row.permission.codename, row.valid_until)
