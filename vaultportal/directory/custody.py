"""Who holds grants on what, over the tables of all apps: what only one person opens, and so on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, F, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import has_field, tables_of
from vaultportal.identity.models import Membership, Role, User
from vaultportal.identity.models.role import EVERYONE
from vaultportal.identity.permissions import named

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of one kind. names: of the first few, as far as the asking actor may know them."""

    kind: str
    count: int
    names: tuple[str, ...]


@cache
def granted_models() -> tuple[type[Model], ...]:
    """Every model whose rows are granted."""
    bases = (UserObjectPermissionBase, GroupObjectPermissionBase)
    tables = [model for model in apps.get_models() if issubclass(model, bases)]
    objects = {
        field.related_model
        for table in tables
        for field in table._meta.get_fields()
        if field.name == "content_object" and isinstance(field.related_model, type)
    }
    return tuple(sorted(objects, key=lambda model: model._meta.label))


def only_theirs(actor: Actor, user: User) -> list[Held]:
    """What nobody could open any more without ``user``: granted to them, to no other active
    account, and to no role that anybody else is in."""
    found = []
    for model in granted_models():
        tables = tables_of(model)
        if tables.users is None:
            continue
        rows = model._base_manager.filter(
            Exists(_grants(tables.users).filter(user_id=user.pk)),
            ~Exists(_grants(tables.users).filter(user__is_active=True).exclude(user_id=user.pk)),
        )
        if tables.roles is not None:
            rows = rows.exclude(Exists(_grants(tables.roles).filter(group__in=_shared(user))))
        count = rows.count()
        if count:
            found.append(Held(str(model._meta.verbose_name_plural), count, _names(actor, rows)))
    return found


def of_role(role: Role) -> list[tuple[str, str, int]]:
    """Grants to a role: (kind of object, right, number of objects), sorted."""
    found: list[tuple[str, str, int]] = []
    for model in granted_models():
        table = tables_of(model).roles
        if table is None:
            continue
        counted = (
            table._base_manager.filter(group_id=role.pk)
            .values(codename=F("permission__codename"))
            .annotate(n=Count("content_object", distinct=True))
            .order_by("codename")
        )
        kind = str(model._meta.verbose_name_plural)
        found += [(kind, row["codename"], row["n"]) for row in counted]
    return found


def _grants(table: type[Model]) -> QuerySet[Any]:
    rows = table._base_manager.filter(content_object=OuterRef("pk"))
    if has_field(table, "valid_until"):
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gt=timezone.now()))
    return rows


def _shared(user: User) -> QuerySet[Role]:
    """Live roles that somebody active besides ``user`` is in now; in one of them everybody is."""
    now = timezone.now()
    others = Membership.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=now),
        Q(valid_until=None) | Q(valid_until__gt=now),
        group_id=OuterRef("pk"),
        user__is_active=True,
    ).exclude(user_id=user.pk)
    return Role.objects.live().filter(Q(name=EVERYONE) | Exists(others))


def _names(actor: Actor, rows: QuerySet[Model]) -> tuple[str, ...]:
    view = named(f"{rows.model._meta.app_label}.view_{rows.model._meta.model_name}")
    if view is None:
        return ()
    seen: Iterator[Model] = iter(access.permitted(actor, view, rows)[:SHOWN])
    return tuple(str(row) for row in seen)
