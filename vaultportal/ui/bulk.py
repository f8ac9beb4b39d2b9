"""Many at once: what can be done to the rows that were selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from vaultportal.errors import Conflict, VaultError
from vaultportal.identity.ids import uuid_of

MOST = 10_000
MAX_ID = 255
UNCHANGED = "bulk.unchanged"


@dataclass(frozen=True, slots=True)
class Action:
    """A button of ``components/bulk.html``.

    danger: it takes something away. warning: what is said before it is done, by who is asked;
    "" where it can be undone or takes nothing. reverse: the action that takes it back.
    """

    value: str
    label: str | Promise
    danger: bool = False
    warning: str | Promise = ""
    reverse: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a bulk form posted. The caller looks up the ids through the access rule.

    ids: as they were sent, each once, at most ``MOST``.
    all_matching: not the ids count, but everything that the filter of the address matches.
    """

    action: str
    ids: tuple[str, ...]
    all_matching: bool

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        given = dict.fromkeys(
            each for each in request.POST.getlist("selected")[:MOST] if 0 < len(each) <= MAX_ID
        )
        return cls(
            action=request.POST.get("action", ""),
            ids=tuple(given),
            all_matching=request.POST.get("all_matching") == "1",
        )

    @property
    def uuids(self) -> list[UUID]:
        """The ids; what is none is the id of nothing."""
        return [found for text in self.ids if (found := uuid_of(text)) is not None]

    @property
    def is_empty(self) -> bool:
        return not self.ids and not self.all_matching


def unchanged(noun: str) -> Conflict:
    """The refusal of what would change nothing."""
    return Conflict(noun, reason=UNCHANGED)


def why(refusal: VaultError) -> str:
    """Why one of many stayed as it was, in a sentence."""
    if refusal.reason == UNCHANGED:
        return _("It is so already.")
    sentences = {
        "forbidden": _("Your roles do not allow it."),
        "not_found": _("It is not there any more."),
        "conflict": _("Its state does not allow it now."),
        "stale": _("It changed meanwhile."),
        "pending": _("Somebody has to allow it first."),
    }
    return sentences.get(refusal.kind, _("It cannot be done with this one."))
