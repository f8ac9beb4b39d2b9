"""Where the grants on the rows of a model lie, and the numbers of the permissions in them.

Every app has guardian's *direct* tables: real foreign keys, an index that begins with the holder,
and grants that go when the row goes. Guardian's generic tables are never used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import Model
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from vaultportal.identity.permissions import PermissionEnum


@dataclass(frozen=True, slots=True)
class GrantTables:
    """The tables of grants to users and to roles; None where a model has none."""

    users: type[Model] | None
    roles: type[Model] | None


_registered: dict[type[Model], GrantTables] = {}


def register(
    model: type[Model], *, user_grants: type[Model] | None, role_grants: type[Model] | None
) -> None:
    """Say where the grants of ``model`` lie, when guardian's discovery does not find them."""
    _registered[model] = GrantTables(user_grants, role_grants)
    tables_of.cache_clear()


@cache
def tables_of(model: type[Model]) -> GrantTables:
    """The grant tables of ``model``: registered, or direct tables with a key to it."""
    concrete = model._meta.concrete_model or model
    if concrete in _registered:
        return _registered[concrete]
    # Guardian knows classes as well as rows here; its annotation says rows.
    users: Any = get_user_obj_perms_model(concrete)  # type: ignore[arg-type]  # see above
    roles: Any = get_group_obj_perms_model(concrete)  # type: ignore[arg-type]  # see above
    return GrantTables(
        None if users.objects.is_generic() else users,
        None if roles.objects.is_generic() else roles,
    )


def has_field(table: type[Model], name: str) -> bool:
    """Whether the grant table has the optional column."""
    try:
        table._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True


class PermissionNumbers:
    """The primary keys of all permissions, read once a process: they never change while it runs."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def of(self, permissions: Iterable[PermissionEnum]) -> list[int]:
        """The keys of all the permissions, whatever models they belong to; sorted."""
        return sorted(
            {
                number
                for permission in permissions
                for number in self._by_model(permission.full_name).values()
            }
        )

    def on(self, permission: PermissionEnum, model: type[Model]) -> int:
        """The key of the permission on this very model."""
        found = self._by_model(permission.full_name)
        try:
            return found[model._meta.model_name or ""]
        except KeyError:
            raise ImproperlyConfigured(
                f"{permission.full_name} is no permission of {model._meta.label}."
            ) from None

    def load(self) -> None:
        """Read them now, so that no later call costs a statement."""
        numbers: dict[str, dict[str, int]] = {}
        rows = Permission.objects.order_by().values_list(
            "content_type__app_label", "codename", "content_type__model", "pk"
        )
        for app_label, codename, model, number in rows:
            numbers.setdefault(f"{app_label}.{codename}", {})[model] = number
        self._numbers = numbers

    def forget(self) -> None:
        """After a migration, which may have made new ones."""
        self._numbers = {}

    def _by_model(self, full_name: str) -> dict[str, int]:
        if full_name not in self._numbers:
            self.load()
        try:
            return self._numbers[full_name]
        except KeyError:
            raise ImproperlyConfigured(
                f"There is no permission {full_name}: declare it in a model, then migrate."
            ) from None


numbers = PermissionNumbers()
