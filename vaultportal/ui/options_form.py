"""Run-time settings as form fields, by tab; and values of the environment, locked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vaultportal.directory import options
from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.options import Option
from vaultportal.errors import Invalid
from vaultportal.ui import faults, reasons

# What the settings are called for people, and which tab they stand on; those that need more than a
# field have a part of a tab instead.
APART = ""
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
    "login.provider_only": (APART, "", ""),
    "login.second_factor": (
        "sign-in",
        _("A second factor is asked of"),
        _("Who has none goes no further than adding one. The numbers are below."),
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
    "reasons.required": (
        "reasons",
        _("A reason is needed to see a secret"),
        _("Else people are asked and may go without. Collections always need one."),
    ),
    "reasons.shown_seconds": (
        "reasons",
        _("Longest time to show a value, in seconds"),
        _("The choices are 30 seconds and 2 minutes, as far as this allows, and this."),
    ),
    "reasons.ticket_for": (
        "reasons",
        _("Reasons that a ticket goes with"),
        _("“Other” takes a note in any case, and a ticket only if it is marked here."),
    ),
    "reasons.ticket_pattern": (
        "reasons",
        _("Pattern of tickets"),
        _("A regular expression that fits the whole of it, as INC-[0-9]+; empty for any note."),
    ),
    "reasons.ticket_words": (
        "reasons",
        _("What a ticket looks like"),
        _("Said below the field, as “INC-1234”; empty to show the pattern."),
    ),
}
# What the words are called of which a setting is one.
TITLES: Mapping[str, Mapping[str, str | Promise]] = {
    "login.second_factor": {
        "nobody": pgettext_lazy("a second factor is asked of", "Nobody"),
        "administrators": pgettext_lazy("a second factor is asked of", "Administrators"),
        "everyone": pgettext_lazy("a second factor is asked of", "Everybody"),
    },
}
# Lists of which each item is chosen instead of typed, as (item, what it is called).
CHOICES: Mapping[str, Callable[[], Sequence[tuple[str, str]]]] = {
    "reasons.ticket_for": reasons.titles,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One setting on a page.

    kind: ``bool``, ``int``, ``str``, ``list``, ``choice`` for some of a list or ``one`` of it. env:
    the variable that decides it, "" for none. choices: of these two, as (item, title, whether it is
    in the value).
    """

    name: str
    title: str | Promise
    hint: str | Promise
    kind: str
    value: Any = field(repr=False)
    env: str
    is_default: bool
    choices: tuple[tuple[str, str | Promise, bool], ...] = ()

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


def has_lines(tab: str) -> bool:
    """Whether there is a setting on the tab."""
    return any(WORDS.get(each.name, ("general",))[0] == tab for each in options.registered())


def typed_into(line: Line, posted: QueryDict) -> Line:
    """The line as it was typed, to be mended by who typed it."""
    option = options.named(line.name)
    try:
        value = parse(option, posted)
    except ValueError:
        value = posted.get(line.name, "")
    return replace(line, value=value, choices=_choices(option, value))


def problem(refusal: Invalid) -> str:
    """What is wrong with one setting, in the reader's language."""
    if refusal.reason == "own_factor":
        return faults.said(refusal)
    if at := refusal.context.get("at"):
        return _now("This cannot be read as a pattern from character %(at)s on.") % {"at": at}
    return _now("This is out of range.")


def parse(option: Option[Any], posted: QueryDict) -> Any:
    """What a form sent for a setting, as JSON would have it; ValueError for no number."""
    kind = _KINDS[type(option.default)]
    if option.choices:
        return posted.get(option.name, options.get(option))
    if option.name in CHOICES:
        return posted.getlist(option.name)
    typed = posted.get(option.name, "")
    if kind == "bool":
        return typed == "on"
    text = typed.strip()
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
    if tab == "backup":
        return [
            Fixed(_("Folder of the backups"), settings.PORTAL_BACKUP_DIR, "PORTAL_BACKUP_DIR"),
            Fixed(_("Made every, hours"), settings.PORTAL_BACKUP_HOURS, "PORTAL_BACKUP_HOURS"),
            Fixed(_("How many are kept"), settings.PORTAL_BACKUP_KEEP, "PORTAL_BACKUP_KEEP"),
            Fixed(
                _("Keys are kept in them, days"),
                settings.PORTAL_BACKUP_KEYS_DAYS,
                "PORTAL_BACKUP_KEYS_DAYS",
            ),
        ]
    if tab == "sign-in":
        return _providers()
    return _mail_server() if tab == "mail" else []


def _providers() -> list[Fixed]:
    if not (found := settings.PORTAL_OIDC):
        return [Fixed(_("Sign-in elsewhere"), "", "PORTAL_OIDC_ISSUER")]
    lines = [
        Fixed(each["name"], each["settings"]["issuer"], f"{each['prefix']}ISSUER") for each in found
    ]
    makes = _now("yes") if settings.PORTAL_OIDC_CREATE else _now("no")
    return [*lines, Fixed(_("Accounts for who is unknown"), makes, "PORTAL_OIDC_CREATE")]


def _mail_server() -> list[Fixed]:
    server: MailServer | None = settings.PORTAL_MAIL
    if server is None:
        return [Fixed(_("Mail server"), "", "PORTAL_SMTP_HOST")]
    return [
        Fixed(_("Mail server"), server.host, "PORTAL_SMTP_HOST"),
        Fixed(_("Port"), server.port, "PORTAL_SMTP_PORT"),
        Fixed(_("Encryption"), server.security, "PORTAL_SMTP_SECURITY"),
        Fixed(_("Authorities beside the system's"), server.ca_file, "PORTAL_SMTP_CA_FILE"),
        Fixed(_("User name"), server.user, "PORTAL_SMTP_USER"),
        Fixed(_("Password"), _now("set") if server.password else "", "PORTAL_SMTP_PASSWORD"),
        Fixed(_("Sender"), server.sender, "PORTAL_MAIL_FROM"),
    ]


def _line(option: Option[Any], title: str | Promise, hint: str | Promise) -> Line:
    value = options.get(option)
    return Line(
        option.name,
        title,
        hint,
        _kind(option),
        value,
        option.env if option.overruled() else "",
        value == option.default,
        _choices(option, value),
    )


def _kind(option: Option[Any]) -> str:
    if option.choices:
        return "one"
    return "choice" if option.name in CHOICES else _KINDS[type(option.default)]


def _choices(option: Option[Any], value: Any) -> tuple[tuple[str, str | Promise, bool], ...]:
    if option.choices:
        titles = TITLES.get(option.name, {})
        return tuple((each, titles.get(each, each), each == value) for each in option.choices)
    if option.name not in CHOICES:
        return ()
    return tuple((item, title, item in value) for item, title in CHOICES[option.name]())
