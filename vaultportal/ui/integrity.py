"""Whether the audit trail was found whole when it was last read through."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from vaultportal.audit.permissions import AuditPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import attention
from vaultportal.ui.attention import Need

MAX_AGE = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What the last verification said.

    state: ``ok``, ``running``, ``broken`` or ``unknown``. text: the same in words.
    url: where it is explained. at: when it ended; None when it has not.
    """

    state: str
    text: str
    url: str
    at: datetime | None = None

    @property
    def is_broken(self) -> bool:
        return self.state == "broken"


_sources: list[Callable[[], Standing | None]] = []
# By language, since a standing is words: when it was asked for, and what was said.
_kept: dict[str, tuple[float, Standing | None]] = {}


def register(source: Callable[[], Standing | None]) -> None:
    """Name who keeps the record of verifications: one query, asked each few seconds at most."""
    _sources.append(source)


def standing(actor: Actor) -> Standing | None:
    """For auditors and administrators; None for all others, and where nobody has verified."""
    return _standing() if access.holds(actor, AuditPermission.VIEW) else None


def forget() -> None:
    """Ask anew the next time: something was verified."""
    _kept.clear()


def _standing() -> Standing | None:
    now, language = time.monotonic(), get_language() or ""
    asked = _kept.get(language)
    if asked is None or now - asked[0] > MAX_AGE:
        found = [standing for source in _sources if (standing := source()) is not None]
        worst = next((each for each in found if each.is_broken), found[0] if found else None)
        asked = _kept[language] = (now, worst)
    return asked[1]


def _broken(actor: Actor) -> list[Need]:
    found = standing(actor)
    if found is None or not found.is_broken:
        return []
    return [Need("bad", found.text, found.url, _("See what to do"), found.at)]


attention.register(attention.Source(0, _broken))
