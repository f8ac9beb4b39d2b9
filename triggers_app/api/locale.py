"""The language of an answer, chosen from ``Accept-Language``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

TAGS = {"en": "en-US", "de": "de-DE"}


@dataclass(frozen=True, slots=True)
class Listener:
    """Who reads the answer.

    language: "en" or "de". origin: REQUEST when the request asked for it, else DEFAULT.
    has_token: whether a credential came along, for the words of a 401.
    """

    language: str = "en"
    origin: str = "DEFAULT"
    has_token: bool = False

    @property
    def tag(self) -> str:
        """The BCP 47 tag of the language."""
        return TAGS[self.language]


# Outside of the views, where an unknown address is answered, nobody has looked at the request.
_NOBODY = Listener()
_current: ContextVar[Listener] = ContextVar("triggers_listener", default=_NOBODY)


def listener() -> Listener:
    """Who reads what is being answered now."""
    return _current.get()


@contextmanager
def listening(request: HttpRequest) -> Iterator[None]:
    """What is answered in this block is for the sender of ``request``."""
    token = _current.set(_of(request))
    try:
        yield
    finally:
        _current.reset(token)


def _of(request: HttpRequest) -> Listener:
    has_token = bool(request.headers.get("Authorization"))
    accepted = request.headers.get("Accept-Language", "")[:500].lower()
    for tag, _quality in parse_accept_lang_header(accepted):
        language = tag.partition("-")[0]
        if language in TAGS:
            return Listener(language, "REQUEST", has_token)
    return Listener(has_token=has_token)
