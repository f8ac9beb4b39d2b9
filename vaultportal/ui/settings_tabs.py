"""The tabs of the settings, as their addresses name them; those that have something on them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vaultportal.ui import options_form, settings_parts

TABS: tuple[tuple[str, str | Promise], ...] = (
    ("general", _("General")),
    ("sign-in", _("Sign-in")),
    ("reasons", _("Reasons and tickets")),
    ("retention", _("Retention")),
    ("log-shipping", _("Log shipping")),
    ("mail", _("Mail")),
    ("keys", _("Keys")),
    ("backup", _("Backup")),
    ("about", _("About")),
)


def shown() -> list[tuple[str, str | Promise]]:
    """The tabs that have something on them: settings, values of the deployment, or parts."""
    return [
        (name, label)
        for name, label in TABS
        if name == "about"
        or options_form.has_lines(name)
        or options_form.fixed(name)
        or settings_parts.of(name)
    ]
