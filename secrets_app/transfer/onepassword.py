"""1Password's CSV export.

Source: 1Password support, "Export your data"; columns in any letter case, unknown ones are kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from secrets_app.transfer.entries import Entry, filled, name_of, unreadable

_KNOWN = {
    "url": "url",
    "urls": "url",
    "website": "url",
    "login url": "url",
    "username": "username",
    "password": "password",
    "otpauth": "totp",
    "one-time password": "totp",
    "notes": "notes",
    "notesplain": "notes",
}
_TITLE = "title"
_LOST = {"favorite": "that it was a favourite", "archived": "that it was archived"}
_TRUE = {"true", "1", "yes"}


def read_csv(content: bytes) -> Iterator[Entry]:
    """Rows of an export; the first tag becomes a folder."""
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True)
        columns = {column.strip().lower() for column in rows.fieldnames or ()}
        if _TITLE not in columns or not columns & {"password", "username", "notes"}:
            raise unreadable("The file is not a 1Password export.")
        for row in rows:
            yield _row(row)
    except (UnicodeDecodeError, csv.Error):
        raise unreadable("The file is not CSV in UTF-8.") from None


def _row(row: Mapping[str | None, Any]) -> Entry:
    lost = ["columns without a heading"] if row.get(None) else []
    cells = {column.strip().lower(): value for column, value in row.items() if column and value}
    title = cells.pop(_TITLE, "")
    tags = [tag.strip() for tag in cells.pop("tags", "").split(",") if tag.strip()]
    if len(tags) > 1:
        lost.append("further tags")
    for column, word in _LOST.items():
        if cells.pop(column, "").lower() in _TRUE:
            lost.append(word)
    data = {_KNOWN.get(column, column): value for column, value in cells.items()}
    kind = "login" if data.get("password") else ""
    return Entry(name_of(*tags[:1], title), filled(data), kind, tuple(lost))
