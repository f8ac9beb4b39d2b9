"""What the governing pages add to every page: entries of the rail, the palette, the badge."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vaultportal.audit.permissions import AuditPermission
from vaultportal.directory import client_list, people_list, selectors
from vaultportal.directory.people_list import PeopleFilter
from vaultportal.directory.permissions import (
    ApiClientPermission,
    RolePermission,
    SettingPermission,
    UserPermission,
)
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import audit_badge, navigation, palette, settings_tabs
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


def adds_clients(actor: Actor) -> bool:
    """Whoever may make API clients."""
    return access.holds(actor, ApiClientPermission.ADD)


def adds_people(actor: Actor) -> bool:
    """Whoever may make accounts."""
    return access.holds(actor, UserPermission.ADD)


def adds_roles(actor: Actor) -> bool:
    """Whoever may make roles."""
    return access.holds(actor, RolePermission.ADD)


def sees_trail(actor: Actor) -> bool:
    """Whoever may see all of the audit trail."""
    return access.holds(actor, AuditPermission.VIEW)


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


def _clients(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    if not sees_clients(actor):
        return []
    return [
        Found(row.get_full_name(), row.username, "plug", reverse("ui:client", args=(row.pk,)))
        for row in client_list.choose_programs(actor, words)[:limit]
    ]


def _pages(actor: Actor) -> Iterable[Found]:
    """What lies below the entries of the rail."""
    if access.holds(actor, RolePermission.VIEW) and sees_people(actor):
        yield Found(gettext("Roles"), gettext("People and roles"), "users", reverse("ui:roles"))
    if sees_trail(actor):
        trail = gettext("Audit")
        yield Found(gettext("Verification"), trail, "shield-check", reverse("ui:audit_verify"))
        yield Found(gettext("Exports"), trail, "download", reverse("ui:audit_exports"))
    if sees_settings(actor):
        for name, label in settings_tabs.shown():
            url = f"{reverse('ui:settings')}?tab={name}"
            yield Found(str(label), gettext("Settings"), "settings", url)


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
        palette.Source(_("People"), 500, _people),
        palette.Source(_("Roles"), 510, _roles),
        palette.Source(_("API clients"), 520, _clients),
    )
    palette.register_pages(_pages)
    palette.register_actions(
        Action(_("API keys"), "key", "ui:keys", detail=_("Mine")),
        Action(_("New API key"), "key", "ui:key_new", detail=_("Mine")),
        Action(_("New person"), "plus", "ui:person_new", adds_people),
        Action(_("New role"), "plus", "ui:role_new", adds_roles),
        Action(_("New API client"), "plus", "ui:client_new", adds_clients),
        Action(_("Explain access"), "scale", "ui:explain"),
        Action(_("New target"), "send", "ui:log_target_new", changes_settings, _("Log shipping")),
        Action(_("Verify the audit trail"), "shield-check", "ui:audit_verify", sees_trail),
        Action(_("See backups"), "database", "ui:settings_backups", sees_settings),
    )
    audit_badge.connect()
