"""The Django admin console: the portal's own site in place of the stock one."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AppConfig):
    """Registers the ground floor's models; the apps above register their own."""

    name = "vaultportal.console"


class PortalAdminConfig(AdminConfig):
    """``django.contrib.admin`` with our site."""

    default_site = "vaultportal.console.site.PortalAdminSite"
