"""A way back in the notice of what was done: the reverse action, as a plain post.

It is authorized and traced as that action is; the notice only spares the way to its button.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import Http404, HttpRequest
from django.utils.dateparse import parse_datetime

FIELD = "undo"  # a post that has it goes back, and offers no way back of its own

Fields = Mapping[str, str | Iterable[str]]


@dataclass(frozen=True, slots=True)
class Undo:
    """What ``components/toast.html`` posts. target: the part of the page that takes the answer."""

    url: str
    fields: list[tuple[str, str]]
    target: str = ""

    @classmethod
    def of(cls, url: str, fields: Fields, target: str = "") -> Self:
        """fields: each a value, or several of one name."""
        pairs = [
            (name, value)
            for name, given in fields.items()
            for value in ([given] if isinstance(given, str) else given)
        ]
        return cls(url, pairs, target)


def tell(request: HttpRequest, said: str, url: str, fields: Fields | None) -> None:
    """Tell what was done on the next page, with a button that takes it back.

    fields: what ``url`` is posted for that; None where there is no way back.
    """
    way = ""
    if fields is not None and FIELD not in request.POST:
        way = json.dumps(asdict(Undo.of(url, fields)))
    messages.success(request, said, extra_tags=way)


def of_message(message: Message) -> Undo | None:
    """The way back that a message has brought along."""
    tags = message.extra_tags or ""
    return Undo(**json.loads(tags)) if tags.startswith("{") else None


def text_of(at: datetime | None) -> str:
    """A bound in time as a field; "" for none."""
    return at.isoformat() if at else ""


def time_of(request: HttpRequest, name: str) -> datetime | None:
    """The bound that ``text_of`` wrote: none only where nothing at all is said, else Http404."""
    if not (text := request.POST.get(name, "")):
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        raise Http404 from None
    if at is None or at.tzinfo is None:
        raise Http404
    return at
