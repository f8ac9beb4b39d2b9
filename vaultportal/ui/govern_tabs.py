"""The tabs of the pages about people and roles."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.tabs import Tab


def people_tabs(actor: Actor, current: str) -> list[Tab]:
    """Those that the actor may open. current: the name of the address."""
    tabs = []
    if access.holds(actor, UserPermission.VIEW):
        tabs.append((_("People"), "ui:people"))
    if access.holds(actor, RolePermission.VIEW):
        tabs.append((_("Roles"), "ui:roles"))
    tabs.append((_("Explain access"), "ui:explain"))
    return [Tab(label, reverse(view), view == current) for label, view in tabs]
