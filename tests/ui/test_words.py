"""Every word that a page shows comes out of the catalog: a pseudo-language marks those that do.

What is not marked is data, or was forgotten. It was forgotten if the source has it as a literal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.ui.pseudo import CLOSE, OPEN, speaking, walk
from vaultportal.identity.builtin import ROLES
from vaultportal.runtime.paths import BASE_DIR

# Text in these is data or the wire's own.
DATA = frozenset({"code", "pre", "kbd", "script", "style", "time", "textarea"})
SPOKEN = ("aria-label", "title", "placeholder", "alt")
# Names that are the same in every language: of products, of roles and people that are data.
NAMES = frozenset(
    [
        *("Admin", "Administrator"),
        *("Deutsch", "English"),
        *("GitHub Actions", "Kubernetes", "Python", "Terraform", "Vault Portal"),
        "Http",  # a kind of subscription, as the wire names it
    ]
)
# What the database keeps stays in the language in which it was written: comments of the built-in
# roles, what a machine said to a job.
KEPT = frozenset(
    {
        *ROLES.values(),
        "The built-in administrator of collections.",
        "From the IAM file of the collections.",
        "The machine shows another host key than the one that was accepted.",
    }
)
# A capital and small letters, or several words: neither "EMAIL" nor "Etc/UTC" nor "object.read".
_WORDS = re.compile(r"[A-Z][a-z]+$|(?=.*[a-z])\S+( \S+)+$")
SOURCES = ("vaultportal", "secrets_app", "collections_app", "s3vault_app", "triggers_app")


class Texts(HTMLParser):
    """Collects what a reader sees or hears of a page, but for data."""

    VOID = frozenset(
        {"input", "meta", "link", "br", "hr", "img", "col", "source", "wbr", "use", "path", "rect"}
    )

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._data: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += (value for name, value in attrs if name in SPOKEN and value)
        if tag in DATA or (self._data and tag not in self.VOID):
            self._data.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._data and self._data[-1] == tag:
            self._data.pop()

    def handle_data(self, data: str) -> None:
        if not self._data:
            self.found.append(data)


@pytest.mark.django_db
def test_a_page_says_nothing_that_cannot_be_translated() -> None:
    with speaking():
        forgotten = {
            f"{row.name}: {text}"
            for row, answer in walk()
            for text in _unmarked(answer)
            if text in _literals() and text not in NAMES | KEPT
        }

    assert not forgotten, "\n".join(sorted(forgotten))


def _unmarked(response: Any) -> Iterator[str]:
    texts = Texts()
    texts.feed(response.content.decode())
    for text in texts.found:
        words = " ".join(text.split())
        if OPEN not in words and CLOSE not in words and re.search(r"[^\W\d_]{3}", words):
            yield words


@cache
def _literals() -> frozenset[str]:
    """Every string of the sources that could be a word for people: not a name of the wire."""
    found: set[str] = set()
    for top in SOURCES:
        for path in (BASE_DIR / top).rglob("*.py"):
            found |= _strings(path)
    return frozenset(text for text in found if _WORDS.match(text))


def _strings(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        " ".join(node.value.split())
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
