"""What all formats of imports become before they are secrets."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from secrets_app import names
from vaultportal.errors import Fault, Invalid

MAX_ENTRIES = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One secret of a file.

    lost: the parts of it that have no place in a secret, in words for the report; never a value.
    """

    name: str
    data: Mapping[str, Any] = field(repr=False)
    type: str = ""
    lost: tuple[str, ...] = ()
    expires_at: datetime | None = None


def unreadable(message: str) -> Invalid:
    """The file is not what it was said to be. ``message`` is a sentence without a value."""
    return Invalid("import", message, faults=(Fault("content", "format", "cannot be read"),))


def document_of(content: bytes) -> Any:
    """A file of JSON, parsed.

    Raises:
        Invalid: it is none, or holds halves of characters, which cannot be stored.
    """
    try:
        document = json.loads(content)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise unreadable("The file is not JSON.") from None
    return document


def name_of(*parts: str) -> str:
    """A possible name from folders and a title, as like to them as it can be."""
    pieces = [piece for part in parts for piece in part.split("/")]
    clean = [cleaned for piece in pieces if (cleaned := _clean(piece))]
    return "/".join(clean)[: names.MAX_LENGTH].rstrip("/") or "unnamed"


def _clean(piece: str) -> str:
    text = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cs") else char for char in piece
    ).strip()
    return text.replace(".", "_") if text in (".", "..") else text


def distinct(entries: Iterable[Entry]) -> list[Entry]:
    """The entries with a number behind each name that was there before: "mail", "mail (2)"."""
    seen: dict[str, int] = {}
    made: list[Entry] = []
    for entry in entries:
        name = entry.name
        while name in seen:
            seen[entry.name] += 1
            suffix = f" ({seen[entry.name]})"
            name = entry.name[: names.MAX_LENGTH - len(suffix)] + suffix
        seen.setdefault(name, 1)
        made.append(
            Entry(name, entry.data, entry.type, entry.lost, entry.expires_at)
            if name != entry.name
            else entry
        )
        if len(made) > MAX_ENTRIES:
            raise unreadable(f"The file has more than {MAX_ENTRIES} entries.")
    return made


def filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
