"""Lists as people saved them: whose they are, and which ones somebody sees."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Lower

from vaultportal.directory.models import SavedView
from vaultportal.directory.permissions import RolePermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import EVERYONE

MOST_OWN = 100  # of one list
MOST_SHOWN = 2 * MOST_OWN


def list_views(actor: Actor, list_name: str) -> list[SavedView]:
    """What the actor sees of one list: their own first, then what their roles were given, by name.

    Each with ``role_name``. One statement; of what is shared no more than fits beside the own.
    """
    rows = SavedView.objects.filter(
        Q(owner_id=actor.user_id) | Q(role_id__in=actor.role_ids), list_name=list_name
    )
    whose = Case(When(owner_id=actor.user_id, then=Value(0)), default=Value(1))
    found = rows.annotate(role_name=F("role__name")).order_by(whose, Lower("name"), "pk")
    return list(found[:MOST_SHOWN])


def get_view(actor: Actor, view_id: UUID) -> SavedView:
    """One of the actor's own; NotFound for those of others, shared ones too."""
    found = (
        SavedView.objects.select_related("role").filter(pk=view_id, owner_id=actor.user_id).first()
    )
    if found is None:
        raise NotFound("view")
    return found


def roles_to_share_with(actor: Actor) -> QuerySet[Role]:
    """The roles that the actor may share a view with, by name.

    Their own, but for the one that everybody has; every live one for who may change roles.
    """
    roles = Role.objects.live().order_by("name")
    if access.holds(actor, RolePermission.CHANGE):
        return roles
    return roles.filter(pk__in=actor.role_ids).exclude(name=EVERYONE)
