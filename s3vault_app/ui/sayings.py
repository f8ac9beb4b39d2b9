"""What services and jobs said, in the reader's language.

Rows, logs and the wire keep their sentences in English, as they were said, whoever reads them
later. A page finds each again by its pattern (``phrases``) and shows it translated. What programs
on machines printed, and codes of stores, are in no pattern: they stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from django.utils.translation import gettext, pgettext

from s3vault_app.ui.phrases import CONTEXT, RESULTS, SENTENCES

_HOLE = re.compile(r"%\((\w+)\)s")
_PLACE = "(?:(?!: ).)+?"  # a name or an address: nothing is said of something in it
# One of several things was said to its end.
_ENDS = re.compile(r"(?<=[.;]) ")
# The same, or a place was named that something is said of.
_SEAMS = re.compile(r"(?<=[.;:]) ")
_ABOUT_A_FIELD = re.compile(r"(?P<place>[\w.]+) (?P<what>.+)\.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A message of the catalog, with what stood in its holes."""

    text: str
    is_result: bool
    held: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        told = pgettext(CONTEXT, self.text) if self.is_result else gettext(self.text)
        return told % {name: said(part) for name, part in self.held} if self.held else told


def said(text: str) -> str:
    """The sentence, or sentences, in the reader's language; what nobody knows as it is."""
    found = _read(str(text))
    return "".join(str(part) for part in found) if found else str(text)


def is_known(text: str) -> bool:
    """Whether a pattern fits it, or a part of it."""
    return _read(text) is not None


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[_Phrase | str, ...] | None:
    """Its parts, in their order; None when no pattern fits any."""
    if (exact := _exact().get(text)) is not None:
        return (exact,)
    for seam in _ENDS.finditer(text):  # a hole may hold much, but not a sentence that is known
        first, mark = _cut(text[: seam.start()])
        known, rest = _whole(first), _read(text[seam.end() :])
        if known is not None and rest is not None:
            return (known, f"{mark} ", *rest)
    if (phrase := _whole(text)) is not None:
        return (phrase,)
    if field := _ABOUT_A_FIELD.fullmatch(text):
        what = _whole(field["what"])
        if what is not None:
            return (f"{field['place']} ", what, ".")
    for seam in _SEAMS.finditer(text):
        first, mark = _cut(text[: seam.start()])
        later = text[seam.end() :]
        known, rest = _whole(first), _read(later)
        if known is not None or rest is not None:
            return (known or first, f"{mark} ", *(rest or (later,)))
    return None


def _cut(first: str) -> tuple[str, str]:
    """What stands before a semicolon, and that."""
    return (first[:-1], ";") if first.endswith(";") else (first, "")


def _whole(text: str) -> _Phrase | None:
    if (exact := _exact().get(text)) is not None:
        return exact
    for phrase, start, pattern in _patterns():
        if text.startswith(start) and (match := pattern.fullmatch(text)):
            return _Phrase(phrase.text, phrase.is_result, tuple(match.groupdict().items()))
    return None


@cache
def _phrases() -> list[_Phrase]:
    results = [_Phrase(text, is_result=True) for text in RESULTS]
    return [*(_Phrase(text, is_result=False) for text in SENTENCES), *results]


@cache
def _exact() -> dict[str, _Phrase]:
    return {phrase.text: phrase for phrase in _phrases() if not _HOLE.search(phrase.text)}


@cache
def _patterns() -> list[tuple[_Phrase, str, re.Pattern[str]]]:
    """Those with holes, the most said in words of their own first, with how they begin."""
    found = []
    for phrase in _phrases():
        parts = _HOLE.split(phrase.text)  # words and names of holes in turn
        if len(parts) > 1:
            holes = [
                f"(?P<{name}>{_PLACE if name == 'endpoint' else '.+?'})" for name in parts[1::2]
            ]
            words = [re.escape(part) for part in parts[::2]]
            whole = "".join(a + b for a, b in zip(words, [*holes, ""], strict=True))
            pattern = re.compile(whole, re.DOTALL)
            found.append((phrase, parts[0], pattern, sum(map(len, parts[::2]))))
    found.sort(key=lambda each: -each[3])
    return [(phrase, start, pattern) for phrase, start, pattern, _ in found]
