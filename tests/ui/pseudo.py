"""The pseudo-language ``en-XA``, and every page in it.

English with a mark around each message, and longer: what is not marked does not come out of the
catalog, and what does not fit has no room for a language of longer words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from tests.factories import make_person, member_of
from tests.ui.pages import PAGES, Row, seed
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import ADMIN
from vaultportal.ui import integrity

PASSWORD = "correct-horse-battery-9"
OPEN, CLOSE = "⟦", "⟧"
# Twice each of these, and words are about two fifths longer. Placeholders, tags and entities stay.
_LETTER = re.compile(r"(%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|<[^>]*>|&#?\w+;)|([aeinoru])")


class EnXa:
    """In the place of Django's own English. longer: with words that need more room."""

    def __init__(self, english: Any, *, longer: bool = False) -> None:
        self._english = english
        self._longer = longer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._english, name)

    def gettext(self, message: str) -> str:
        said = message.rsplit("\x04", 1)[-1]
        words = lengthened(said) if self._longer else said
        return f"{OPEN}{words}{CLOSE}" if said.strip() else said

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


def lengthened(said: str) -> str:
    """The same in longer words."""
    return _LETTER.sub(lambda found: found[1] or found[2] * 2, said)


@contextmanager
def speaking(*, longer: bool = False) -> Iterator[None]:
    """Whoever asks for English gets the pseudo-language."""
    kept: dict[str, Any] = vars(trans_real)["_translations"]
    english = trans_real.translation("en")
    kept["en"] = EnXa(english, longer=longer)
    integrity.forget()  # words of before
    try:
        yield
    finally:
        kept["en"] = english
        integrity.forget()
        translation.deactivate()  # what a thread has activated it keeps


@pytest.fixture
def en_xa() -> Iterator[None]:
    """The pseudo-language for a test."""
    with speaking():
        yield


def walk() -> Iterator[tuple[Row, Any]]:
    """Every page with its answer, as the administrator or a stranger sees it."""
    given = {"username": "admin@localhost", "email": "admin@localhost", "password": PASSWORD}
    member_of(make_person(full_name="Administrator", **given), Role.objects.get(name=ADMIN))
    things = _seeded()
    client, stranger = Client(), Client()
    client.post("/accounts/login/", {"login": "admin@localhost", "password": PASSWORD})
    for row in PAGES:
        if row.reason:
            client.post("/collections/-/reason/", {"reason": row.reason})
        yield row, (client if row.signed_in else stranger).get(row.path.format(**things))


def _seeded() -> dict[str, Any]:
    """Run the seeds here as ``in_portal`` runs them there."""
    scope: dict[str, Any] = {}
    exec(seed(), scope)  # noqa: S102 our own rows
    things: dict[str, Any] = scope["things"]
    return things
