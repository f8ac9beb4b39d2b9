"""What a page that changes all the time says aloud: what is new, each 10 seconds at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from zlib import crc32

from django.utils import timezone

PAUSE = 10  # seconds


@dataclass(frozen=True, slots=True)
class Voice:
    """What was said last, kept in the address that the page asks again.

    said: a checksum of the sentence. at: when, in seconds. waits: another one was held back.
    """

    said: int
    at: int
    waits: bool

    @classmethod
    def silent(cls, sentence: str) -> Self:
        """Of a page that shows the sentence from the beginning."""
        return cls(_sum(sentence), _now(), waits=False)

    @classmethod
    def of(cls, text: str) -> Self:
        """As an address has it; takes anything."""
        parts = text.split("-")
        if len(parts) == 3 and all(each.isascii() and each.isdecimal() for each in parts):
            said, at, waits = (int(each[:12]) for each in parts)
            return cls(said, at, bool(waits))
        return cls.silent("")

    def __str__(self) -> str:
        return f"{self.said}-{self.at}-{self.waits:d}"

    @property
    def may_speak(self) -> bool:
        return _now() - self.at >= PAUSE

    @property
    def is_due(self) -> bool:
        """Whether the page wants an answer although nothing has changed since."""
        return self.waits and self.may_speak

    def hear(self, sentence: str, *, last: bool) -> tuple[str, Voice]:
        """What to say now, or "", and how things stand after it. The last word is not held back."""
        if _sum(sentence) == self.said:
            return "", Voice(self.said, self.at, waits=False)
        if last or self.may_speak:
            return sentence, Voice.silent(sentence)
        return "", Voice(self.said, self.at, waits=True)


def _sum(sentence: str) -> int:
    return crc32(sentence.encode())


def _now() -> int:
    return int(timezone.now().timestamp())
