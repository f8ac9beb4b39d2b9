"""Reading the text of a filter from left to right: words, quoted text, numbers, patterns."""

from __future__ import annotations

import re
from typing import Any

import re2

from triggers_app.filters.errors import InvalidFilter

MAX_NESTING = 32
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
# What a name after a dot may hold; anything else is written ['…'].
_NAME = re.compile(r"[^\s.\[\](){}=!<>&|~,'\"?*@]+")
_WORD = re.compile(r"[A-Za-z]+")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX = re.compile(r"[0-9A-Fa-f]{4}")
# Java's letters; those that are always on in RE2 mean nothing more.
_FLAGS = {"i": "i", "m": "m", "s": "s", "u": "", "d": "", "U": ""}
_PATTERN_MEMORY = 1 << 20  # bytes for one compiled pattern


class Scanner:
    """A place in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    # -- looking ----------------------------------------------------------------------------------

    def wrong(self, problem: str) -> InvalidFilter:
        """A refusal that says where."""
        return InvalidFilter(problem, self.at)

    def skip_space(self) -> None:
        """Go over blanks."""
        found = _SPACE.match(self.text, self.at)
        if found:
            self.at = found.end()

    def is_over(self) -> bool:
        """Whether nothing but blanks is left."""
        self.skip_space()
        return self.at >= len(self.text)

    def sees(self, *words: str) -> bool:
        """Whether one of ``words`` is next."""
        return self.text.startswith(words, self.at)

    def takes(self, word: str) -> bool:
        """Go over ``word`` if it is next."""
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def expect(self, word: str) -> None:
        """Go over blanks and ``word``."""
        self.skip_space()
        if not self.takes(word):
            raise self.wrong(f"lacks a {word!r}")

    def enter(self) -> None:
        """One level deeper."""
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.wrong(f"is nested deeper than {MAX_NESTING} levels")

    def leave(self) -> None:
        """One level back."""
        self.depth -= 1

    # -- taking -----------------------------------------------------------------------------------

    def name(self) -> str:
        """A name after a dot."""
        return self._take(_NAME, "lacks a name")

    def word(self) -> str:
        """Letters, "" when there are none."""
        found = _WORD.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def integer(self) -> int:
        """A whole number that an index may be."""
        return int(self._take(_INTEGER, "lacks a whole number"))

    def _take(self, pattern: re.Pattern[str], problem: str) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise self.wrong(problem)
        self.at = found.end()
        return found[0]

    def quoted(self) -> str:
        """Text in single or double quotes."""
        quote = self.text[self.at]
        self.at += 1
        parts: list[str] = []
        while self.at < len(self.text):
            letter = self.text[self.at]
            self.at += 1
            if letter == quote:
                return "".join(parts)
            parts.append(self._escaped() if letter == "\\" else letter)
        raise self.wrong("lacks a closing quote")

    def _escaped(self) -> str:
        if self.at >= len(self.text):
            raise self.wrong("ends within an escape")
        letter = self.text[self.at]
        self.at += 1
        if letter != "u":
            return _ESCAPES.get(letter, letter)
        code = int(self._take(_HEX, "has a wrong escape"), 16)
        if 0xD800 <= code < 0xDC00 and self.takes("\\u"):
            low = int(self._take(_HEX, "has a wrong escape"), 16)
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        if 0xD800 <= code < 0xE000:
            raise self.wrong("has half of a character in an escape")
        return chr(code)

    def literal(self) -> Any:
        """Text, number, true, false, null, array or object."""
        self.skip_space()
        if self.sees('"', "'"):
            return self.quoted()
        if self.takes("["):
            return self._array()
        if self.takes("{"):
            return self._object()
        found = _NUMBER.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
            return _number(found)
        began = self.at
        word = self.word()
        if word in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word]
        self.at = began
        raise self.wrong("lacks a value")

    def _array(self) -> list[Any]:
        self.enter()
        items: list[Any] = []
        self.skip_space()
        while not self.takes("]"):
            if items:
                self.expect(",")
            items.append(self.literal())
            self.skip_space()
        self.leave()
        return items

    def _object(self) -> dict[str, Any]:
        self.enter()
        pairs: dict[str, Any] = {}
        self.skip_space()
        while not self.takes("}"):
            if pairs:
                self.expect(",")
                self.skip_space()
            if not self.sees('"', "'"):
                raise self.wrong("lacks a quoted key")
            key = self.quoted()
            self.expect(":")
            pairs[key] = self.literal()
            self.skip_space()
        self.leave()
        return pairs

    def pattern(self) -> Any:
        """``/…/flags``, compiled: it must match the whole text, as in Java's ``matches``."""
        self.at += 1
        parts: list[str] = []
        while not self.takes("/"):
            if self.at >= len(self.text):
                raise self.wrong("lacks the end of a pattern")
            if self.takes("\\/"):
                parts.append("/")
                continue
            length = 2 if self.sees("\\") else 1
            parts.append(self.text[self.at : self.at + length])
            self.at += length
        letters = set(self.word())
        if not letters <= _FLAGS.keys():
            raise self.wrong("has a flag of a pattern that is not known")
        flags = "".join(sorted(_FLAGS[letter] for letter in letters))
        options = re2.Options()
        options.log_errors = False
        options.max_mem = _PATTERN_MEMORY
        try:
            return re2.compile(f"(?{flags}:{''.join(parts)})" if flags else "".join(parts), options)
        except re2.error:
            raise self.wrong("has a pattern that is wrong or takes too much") from None


def _number(found: re.Match[str]) -> int | float:
    return float(found[0]) if found[1] or found[2] else int(found[0])
