"""Run-time settings as form fields, by tab; and values of the environment, locked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vaultportal.directory import options
from vaultportal.directory.options import Option

# What the settings are called for people, and which tab they stand on.
WORDS: dict[str, tuple[str, str | Promise, str | Promise]] = {
    "collections.admin_may_read_data": (
        "general",
        _("The user Admin may read data"),
        _("The built-in user of collections reads what it manages."),
    ),
    "egress.http": (
        "general",
        _("Deliveries over plain http"),
        _("Else only https addresses are delivered to."),
    ),
    "egress.networks": (
        "general",
        _("Networks that deliveries may reach"),
        _("Besides public ones, such as 10.1.0.0/16; one a line."),
    ),
    "api.cors_origins": (
        "general",
        _("Origins that may call the collections API"),
        _("One a line; * for all."),
    ),
    "actions.http_destinations": (
        "general",
        _("Hosts that actions may send to"),
        _("Such as api.example.com or *.example.com:8443; one a line."),
    ),
    "actions.pci_http_destinations": (
        "general",
        _("Hosts that actions may send card data to"),
        _("One a line."),
    ),
    "login.throttle": (
        "sign-in",
        _("Slow down guessing"),
        _("After wrong passwords and secrets, the next try waits."),
    ),
    "session.minutes": (
        "sign-in",
        _("Longest session, in minutes"),
        _("A browser is signed out so long after the sign-in, however busy it is."),
    ),
    "session.idle_minutes": (
        "sign-in",
        _("Idle for, in minutes"),
        _("A browser is signed out after so long without a request; 0 for never."),
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One setting on a page.

    kind: ``bool``, ``int``, ``str`` or ``list``. env: the variable that decides it, "" for none.
    """

    name: str
    title: str | Promise
    hint: str | Promise
    kind: str
    value: Any = field(repr=False)
    env: str
    is_default: bool

    @property
    def text(self) -> str:
        """As it is typed."""
        return "\n".join(self.value) if self.kind == "list" else str(self.value)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value of the deployment. env: the variable that sets it."""

    title: str | Promise
    value: Any = field(repr=False)
    env: str


_KINDS = {bool: "bool", int: "int", str: "str", tuple: "list"}


def lines(tab: str) -> list[Line]:
    """The settings of a tab; one that nobody worded stands under general, by its name."""
    found = []
    for option in options.registered():
        place, title, hint = WORDS.get(option.name, ("general", option.name, option.help))
        if place == tab:
            found.append(_line(option, title, hint))
    return found


def parse(option: Option[Any], typed: str | None) -> Any:
    """What a form sent for a setting, as JSON would have it; ValueError for no number."""
    kind = _KINDS[type(option.default)]
    if kind == "bool":
        return typed == "on"
    text = (typed or "").strip()
    if kind == "int":
        return int(text)
    return text.split() if kind == "list" else text


def fixed(tab: str) -> list[Fixed]:
    """What only the environment sets and a person may want to know. No secret is among it."""
    if tab == "general":
        return [
            Fixed(_("Address"), settings.PUBLIC_BASE_URL, "PUBLIC_BASE_URL"),
            Fixed(_("Environment"), settings.PORTAL_ENVIRONMENT, "PORTAL_ENVIRONMENT"),
        ]
    if tab == "retention":
        return [
            Fixed(_("Deliveries are kept, days"), settings.TRIGGERS_LOG_DAYS, "TRIGGERS_LOG_DAYS"),
            Fixed(
                _("Archived objects are erased every, seconds"),
                settings.PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL,
                "PVAULT_SERVICE_ARCHIVE_PRUNE_INTERVAL",
            ),
            Fixed(
                _("The audit trail is verified every, hours"),
                settings.AUDIT_VERIFY_HOURS,
                "AUDIT_VERIFY_HOURS",
            ),
            Fixed(
                _("Copy of the checkpoints outside"),
                settings.AUDIT_CHECKPOINT_FILE,
                "AUDIT_CHECKPOINT_FILE",
            ),
        ]
    return []


def _line(option: Option[Any], title: str | Promise, hint: str | Promise) -> Line:
    value = options.get(option)
    return Line(
        option.name,
        title,
        hint,
        _KINDS[type(option.default)],
        value,
        option.env if option.overruled() else "",
        value == option.default,
    )
