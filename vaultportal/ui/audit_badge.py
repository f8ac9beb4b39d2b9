"""What is known of the trail's being whole, in words: the badge, and the bar on every page."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vaultportal.audit.services import state as chain
from vaultportal.audit.services.state import ChainState
from vaultportal.ui import integrity
from vaultportal.ui.integrity import Standing


@dataclass(frozen=True, slots=True)
class Badge:
    """state: of a tag; word, text: what it says; chain: the facts."""

    state: str
    icon: str
    word: str
    text: str = field(repr=False)
    chain: ChainState


def badge() -> Badge:
    """One query."""
    found = chain.state()
    if found.is_broken:
        return Badge("bad", "alert-triangle", broken_at(found), found.text, found)
    if found.percent is not None:
        word = _("Verifying, %(n)d %%") % {"n": found.percent}
        return Badge("run", "loader-2", word, _last(found), found)
    if found.at is None:
        return Badge("idle", "circle-dashed", _("Not verified yet"), "", found)
    return Badge("ok", "shield-check", _("Chain verified"), _last(found), found)


def broken_at(found: ChainState) -> str:
    """Where it is broken, in few words."""
    if found.entry:
        return _("Broken at entry %(entry)s") % {"entry": found.entry}
    return _("Broken")


def _last(found: ChainState) -> str:
    if found.at is None:
        return ""
    entries = number_format(found.entries, force_grouping=True)
    return ngettext("%(n)s entry", "%(n)s entries", found.entries) % {"n": entries}


def _standing() -> Standing | None:
    found = chain.state()
    url = reverse("ui:audit_verify")
    if found.is_broken:
        return Standing("broken", _("%(where)s.") % {"where": broken_at(found)}, url, found.at)
    states = {"whole": "ok", "running": "running", "never": "unknown"}
    return Standing(states[found.state], badge().word, url, found.at)


def connect() -> None:
    """Have the bar of every page and the overview ask here."""
    integrity.register(_standing)
