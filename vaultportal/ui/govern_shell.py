"""What the governing pages add to every page: entries of the rail, the palette, the badge."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vaultportal.directory import people_list, selectors
from vaultportal.directory.people_list import PeopleFilter
from vaultportal.directory.permissions import (
    ApiClientPermission,
    RolePermission,
    SettingPermission,
    UserPermission,
)
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import audit_badge, navigation, palette
from vaultportal.ui.navigation import Entry, Group
from vaultportal.ui.palette import Action, Found


def sees_people(actor: Actor) -> bool:
    """Whoever may see accounts."""
    return access.holds(actor, UserPermission.VIEW)


def sees_roles_alone(actor: Actor) -> bool:
    """Whoever may see roles, and finds them under people otherwise."""
    return access.holds(actor, RolePermission.VIEW) and not sees_people(actor)


def sees_clients(actor: Actor) -> bool:
    """Whoever may see API clients."""
    return access.holds(actor, ApiClientPermission.VIEW)


def sees_settings(actor: Actor) -> bool:
    """Whoever may see settings."""
    return access.holds(actor, SettingPermission.VIEW)


def changes_settings(actor: Actor) -> bool:
    """Whoever may change settings."""
    return access.holds(actor, SettingPermission.CHANGE)


def _people(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    if not sees_people(actor):
        return []
    rows = people_list.choose_people(actor, PeopleFilter(words=words))[:limit]
    return [
        Found(row.get_full_name(), row.username, "user", reverse("ui:person", args=(row.pk,)))
        for row in rows
    ]


def _roles(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    if not access.holds(actor, RolePermission.VIEW):
        return []
    rows = selectors.list_roles(actor).filter(name__icontains=words).prefetch_related(None)
    return [
        Found(row.name, "", "users", reverse("ui:role", args=(row.uuid,))) for row in rows[:limit]
    ]


def connect() -> None:
    """Put all of it in place."""
    navigation.register(
        Entry(Group.GOVERN, 0, _("Audit"), "history", "ui:audit"),
        Entry(Group.GOVERN, 10, _("People and roles"), "users", "ui:people", sees_people),
        Entry(Group.GOVERN, 11, _("Roles"), "users", "ui:roles", sees_roles_alone),
        Entry(Group.GOVERN, 30, _("API clients"), "plug", "ui:clients", sees_clients),
        Entry(Group.GOVERN, 40, _("Settings"), "settings", "ui:settings", sees_settings),
    )
    palette.register(
        palette.Source(_("People"), 500, _people), palette.Source(_("Roles"), 510, _roles)
    )
    palette.register_actions(
        Action(_("Make an API key of mine"), "key", "ui:key_new"),
        Action(_("Explain access"), "scale", "ui:explain"),
        Action(_("Send the audit trail elsewhere"), "send", "ui:log_target_new", changes_settings),
        Action(_("Verify the audit trail"), "shield-check", "ui:audit_verify", sees_settings),
        Action(_("See backups"), "database", "ui:settings_backups", sees_settings),
    )
    audit_badge.connect()
