"""Many at once: what can be done to the rows that were selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest
from django.utils.functional import Promise

MOST = 10_000
MAX_ID = 255


@dataclass(frozen=True, slots=True)
class Action:
    """A button of ``components/bulk.html``. danger: it takes something away."""

    value: str
    label: str | Promise
    danger: bool = False


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
    def is_empty(self) -> bool:
        return not self.ids and not self.all_matching
