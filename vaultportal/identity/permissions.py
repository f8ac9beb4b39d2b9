"""The vocabulary of rights: every app names its own with an enum, in its ``permissions.py``.

::

    class SecretPermission(PermissionEnum):
        VIEW = "view_secret"
        CHANGE = "change_secret"
        READ = "read_secret"
        OWN = "own_secret"


    IMPLIED_BY = {SecretPermission.VIEW: {SecretPermission.READ, SecretPermission.OWN}}
    MODEL_WIDE = {SecretPermission.VIEW, SecretPermission.CHANGE}

``IMPLIED_BY`` and ``MODEL_WIDE`` are names of the module, one pair an app. ``IMPLIED_BY`` says
which stronger rights contain a right (it is closed transitively). ``MODEL_WIDE`` says which rights
may be held for all rows at once, through a role's permissions or as a superuser; a right that
uncovers plaintext must not stand there. Without ``MODEL_WIDE`` these are Django's four verbs.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Collection, Mapping
from functools import cache

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

DJANGO_VERBS = ("view_", "add_", "change_", "delete_")


class PermissionEnum(enum.Enum):
    """A right. The value is the codename of the row in ``auth_permission``.

    The app label is that of the app the enum is written in; a class whose permissions belong to the
    models of another app says so with ``__app_label__ = "identity"``.
    """

    @property
    def codename(self) -> str:
        return str(self.value)

    @property
    def full_name(self) -> str:
        """``app_label.codename``, as in ``Actor.permissions`` and in the scopes of a credential."""
        return f"{app_label_of(type(self))}.{self.value}"


@cache
def app_label_of(permissions: type[PermissionEnum]) -> str:
    """The app label whose permissions the enum names."""
    declared: str | None = getattr(permissions, "__app_label__", None)
    if declared:
        return declared
    app = apps.get_containing_app_config(permissions.__module__)
    if app is None:
        raise ImproperlyConfigured(f"{permissions.__qualname__} belongs to no installed app.")
    return app.label


def named(full_name: str) -> PermissionEnum | None:
    """The member for ``app_label.codename``; None when no loaded enum has it."""
    return _index(len(PermissionEnum.__subclasses__())).get(full_name)


@cache
def _index(classes: int) -> dict[str, PermissionEnum]:
    """All members by full name; the count makes the index new when one more enum was loaded."""
    every = PermissionEnum.__subclasses__()[:classes]
    return {member.full_name: member for permissions in every for member in permissions}


@cache
def sources_of(permission: PermissionEnum) -> frozenset[PermissionEnum]:
    """The right itself and every right that contains it."""
    implied_by: Mapping[PermissionEnum, Collection[PermissionEnum]] = getattr(
        sys.modules[type(permission).__module__], "IMPLIED_BY", {}
    )
    found = {permission}
    pending = [permission]
    while pending:
        stronger = set(implied_by.get(pending.pop(), ())) - found
        found |= stronger
        pending.extend(stronger)
    return frozenset(found)


@cache
def is_model_wide(permission: PermissionEnum) -> bool:
    """Whether the right may be held for all rows at once."""
    module = sys.modules[type(permission).__module__]
    declared: Collection[PermissionEnum] | None = getattr(module, "MODEL_WIDE", None)
    if declared is None:
        return permission.codename.startswith(DJANGO_VERBS)
    return permission in declared


@cache
def model_wide_sources(permission: PermissionEnum) -> frozenset[str]:
    """The full names that give the right for all rows; empty for rights that only rows give."""
    if not is_model_wide(permission):
        return frozenset()
    return frozenset(source.full_name for source in sources_of(permission) if is_model_wide(source))


def is_covered(permission: PermissionEnum, scopes: frozenset[str] | None) -> bool:
    """Whether the scopes of a credential reach the right; None reaches all.

    A scope is ``app_label.codename``, with what the right implies, or ``app_label.*``.
    """
    if scopes is None:
        return True
    return not scopes.isdisjoint(_scopes_for(permission))


@cache
def _scopes_for(permission: PermissionEnum) -> frozenset[str]:
    names = {source.full_name for source in sources_of(permission)}
    return frozenset({*names, *(f"{name.partition('.')[0]}.*" for name in names), "*"})
