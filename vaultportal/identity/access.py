"""The one access rule: may this actor do this to that row?

1. What the credential is not scoped for is refused.
2. A right that may be held for all rows is held through a role's permissions, or as a superuser.
3. Else only a grant on the row opens it: to the user, or to a role in force, not past its end.

A right is also held by whoever holds one that implies it. There is no "or the owner": making a row
grants its owner. What touches plaintext is never held for all rows, so superusers manage and do not
read. What is finer than a row is put to ``vote``.

Lists, single rows and the Django admin all go through ``permitted``, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from vaultportal.errors import Conflict, Forbidden, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.explanation import Explanation, explain
from vaultportal.identity.grant_tables import has_field, numbers, register, tables_of
from vaultportal.identity.models import Role, User
from vaultportal.identity.permissions import (
    PermissionEnum,
    is_covered,
    model_wide_sources,
    sources_of,
)

__all__ = [
    "Explanation",
    "explain",
    "get",
    "grant",
    "grant_sql",
    "holds",
    "may",
    "permitted",
    "register",
    "require",
    "revoke",
    "vote",
]

M = TypeVar("M", bound=Model)


def holds(actor: Actor, permission: PermissionEnum) -> bool:
    """Whether the actor has the right for all rows. Costs no statement."""
    sources = model_wide_sources(permission)
    if not sources or not is_covered(permission, actor.credential.scopes):
        return False
    return actor.is_superuser or not sources.isdisjoint(actor.permissions)


def permitted(actor: Actor, permission: PermissionEnum, queryset: QuerySet[M]) -> QuerySet[M]:
    """The rows of ``queryset`` on which the actor has the right; no statement is run here."""
    if not is_covered(permission, actor.credential.scopes):
        return queryset.none()
    if holds(actor, permission):
        return queryset.all()
    return queryset.filter(_granted(actor, permission, queryset.model))


def get(actor: Actor, permission: PermissionEnum, queryset: QuerySet[M], **lookup: Any) -> M:
    """The one row that ``lookup`` names, fetched and checked in one statement.

    Raises:
        NotFound: there is none, or none on which the actor has the right: the two look the same.
    """
    try:
        return permitted(actor, permission, queryset).get(**lookup)
    except ObjectDoesNotExist:
        raise NotFound(_noun(queryset.model)) from None


def may(actor: Actor, permission: PermissionEnum, obj: Model | type[Model]) -> bool:
    """Whether the actor has the right on the row, or, for a model, on all its rows."""
    if isinstance(obj, type) or holds(actor, permission):
        return holds(actor, permission)
    rows = type(obj)._base_manager.filter(pk=obj.pk)
    return permitted(actor, permission, rows).exists()


def require(actor: Actor, permission: PermissionEnum, obj: Model | type[Model]) -> None:
    """Forbidden unless ``may``."""
    if not may(actor, permission, obj):
        context: dict[str, str | None] = {"permission": permission.full_name}
        if not isinstance(obj, type):
            context["thing"] = str(obj.pk)
        raise Forbidden(_noun(obj), reason="permission", context=context)


def vote(
    actor: Actor, operation: str, resources: Iterable[Iterable[str]], reason: str = ""
) -> None:
    """Forbidden unless, for every resource, a policy of the actor's roles allows and none denies.

    operation: "read", "search", "tokenize" …
    resources: each with all its names ("buyers/properties/ssn", "buyers/types/SSN"): a policy that
        names one of them votes.
    reason: the name of the purpose that the caller stated, "" for none.
    """
    for names in resources:
        if not actor.policies.allow(operation, tuple(names), reason):
            raise Forbidden("resource", reason="policy")


def grant(
    actor: Actor,
    to: User | Role,
    permission: PermissionEnum,
    obj: Model,
    *,
    valid_until: datetime | None = None,
    position: int = 0,
) -> None:
    """Give ``to`` the right on the row; an earlier grant of the same right is replaced.

    It asks nobody: the service that calls it has checked that the actor may give it away, and
    leaves the trace.

    valid_until: when it ends by itself; None for never.
    position: the place in the row's list of roles, where the table keeps one.

    Raises:
        Conflict: the role is retired.
    """
    if isinstance(to, Role) and to.deleted_at is not None:
        raise Conflict("role", "The role is retired.", reason="role_retired")
    table, holder = _table_for(to, type(obj))
    optional = {"valid_until": valid_until, "position": position}
    values = {name: value for name, value in optional.items() if has_field(table, name)}
    row = table(
        permission_id=numbers.on(permission, type(obj)), content_object=obj, **holder, **values
    )
    table._base_manager.bulk_create(
        [row],
        update_conflicts=bool(values),
        ignore_conflicts=not values,
        update_fields=list(values) or None,
        unique_fields=[*holder, "permission", "content_object"] if values else None,
    )


def revoke(actor: Actor, of: User | Role, permission: PermissionEnum, obj: Model) -> bool:
    """Take the right on the row away; whether there was a grant. Rights that imply it stay."""
    table, holder = _table_for(of, type(obj))
    number = numbers.on(permission, type(obj))
    deleted, _ = table._base_manager.filter(
        **holder, permission_id=number, content_object=obj
    ).delete()
    return deleted > 0


def grant_sql(
    actor: Actor, permission: PermissionEnum, model: type[Model], alias: str
) -> tuple[str, list[Any]]:
    """``permitted`` as the text of a condition, for statements that fetch and check in one go.

    alias: what the statement calls the table of ``model``; written into the text as it is.

    Returns: a condition with ``%s`` place holders, and their values.
    """
    if not is_covered(permission, actor.credential.scopes):
        return "FALSE", []
    if holds(actor, permission):
        return "TRUE", []
    found = numbers.of(sources_of(permission))
    parts: list[str] = []
    params: list[Any] = []
    users, roles = _conditions(model, alias)
    if users:
        parts.append(users)
        params += [actor.user_id, found]
    if roles and actor.role_ids:
        parts.append(roles)
        params += [list(actor.role_ids), found]
    return (f"({' OR '.join(parts)})", params) if parts else ("FALSE", [])


def _granted(actor: Actor, permission: PermissionEnum, model: type[Model]) -> Q:
    """Two sub-queries, each along an index that begins with the holder."""
    tables = tables_of(model)
    found = numbers.of(sources_of(permission))
    granted = Q(pk__in=[])
    if tables.users is not None:
        granted |= Q(Exists(_in_force(tables.users, found).filter(user_id=actor.user_id)))
    if tables.roles is not None and actor.role_ids:
        granted |= Q(Exists(_in_force(tables.roles, found).filter(group_id__in=actor.role_ids)))
    return granted


def _in_force(table: type[Model], permission_ids: list[int]) -> QuerySet[Model]:
    grants = table._base_manager.filter(
        content_object=OuterRef("pk"), permission_id__in=permission_ids
    )
    if has_field(table, "valid_until"):
        grants = grants.filter(Q(valid_until=None) | Q(valid_until__gt=Now()))
    return grants


@lru_cache(maxsize=256)
def _conditions(model: type[Model], alias: str) -> tuple[str, str]:
    """The two sub-queries of ``grant_sql``; "" where the model has no such table."""
    tables = tables_of(model)
    holders = (
        (tables.users, "user_id = %s::uuid"),
        (tables.roles, "group_id = ANY(%s::integer[])"),
    )
    users, roles = (
        _condition(model, alias, table, holder) if table is not None else ""
        for table, holder in holders
    )
    return users, roles


def _condition(model: type[Model], alias: str, table: type[Model], holder: str) -> str:
    quote = connection.ops.quote_name
    key = quote(_column(table, "content_object"))
    row = quote(_column(model, "pk"))
    ends = ""
    if has_field(table, "valid_until"):
        ends = " AND (held.valid_until IS NULL OR held.valid_until > statement_timestamp())"
    return (
        f"EXISTS (SELECT FROM {quote(table._meta.db_table)} held WHERE held.{holder}"
        f" AND held.permission_id = ANY(%s::integer[]) AND held.{key} = {alias}.{row}{ends})"
    )


def _column(model: type[Model], name: str) -> str:
    """The column of a field, or of the primary key for ``pk``."""
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return str(field.column)  # type: ignore[union-attr]  # no reverse relation has such a name


def _table_for(holder: User | Role, model: type[Model]) -> tuple[type[Model], dict[str, Any]]:
    tables = tables_of(model)
    table = tables.roles if isinstance(holder, Role) else tables.users
    if table is None:
        raise TypeError(f"{model._meta.label} has no grants for a {type(holder).__name__}.")
    # A role is held by its group: the key of the child is the key of the parent.
    return table, {"group_id": holder.pk} if isinstance(holder, Role) else {"user_id": holder.pk}


def _noun(model: Model | type[Model]) -> str:
    return str(model._meta.verbose_name_raw)
