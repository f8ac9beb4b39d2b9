"""Rights as checkboxes: grouped by app, each with words beside its wire name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps

from vaultportal.identity.permissions import PermissionEnum, is_model_wide


@dataclass(frozen=True, slots=True)
class Right:
    """name: as in roles and scopes. words: the same for people. is_on: whether it is chosen."""

    name: str
    words: str
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The rights of one app."""

    title: str
    rights: tuple[Right, ...]


def every(*, model_wide: bool = False) -> list[PermissionEnum]:
    """All rights, or those that may be held for all rows, by app and name."""
    members = {member.full_name: member for enum in _enums() for member in enum}
    return [
        members[name] for name in sorted(members) if not model_wide or is_model_wide(members[name])
    ]


def groups(chosen: Iterable[str], *, model_wide: bool = False) -> list[Group]:
    """The rights for a form, with those in ``chosen`` on."""
    on = frozenset(chosen)
    by_app: dict[str, list[Right]] = {}
    for permission in every(model_wide=model_wide):
        label = permission.full_name.partition(".")[0]
        right = Right(permission.full_name, words(permission), permission.full_name in on)
        by_app.setdefault(label, []).append(right)
    return [Group(title_of(label), tuple(rights)) for label, rights in by_app.items()]


def known(names: Iterable[str], *, model_wide: bool = False) -> frozenset[str]:
    """Those of ``names`` that are rights."""
    return frozenset(names) & {each.full_name for each in every(model_wide=model_wide)}


def words(permission: PermissionEnum) -> str:
    """ "view secret" for ``view_secret``."""
    return permission.codename.replace("_", " ")


def title_of(app_label: str) -> str:
    """What an app is called."""
    return str(apps.get_app_config(app_label).verbose_name)


def _enums() -> list[type[PermissionEnum]]:
    return PermissionEnum.__subclasses__()
