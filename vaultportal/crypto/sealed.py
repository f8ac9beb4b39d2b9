"""What an instance with a vault field holds: sealed bytes, or a value not saved yet.

Neither prints, and only the sealed form is ever copied or pickled.
"""

from __future__ import annotations

from typing import NoReturn


class Sealed(bytes):
    """Bytes of message format 1, as they lie in the column."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("<sealed>", spec)


class Unsealed:
    """A value that was assigned and is not saved yet."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<unsealed>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An unsaved vault value is neither copied nor pickled.")
