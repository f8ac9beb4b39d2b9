"""Any CSV with a heading: a secret a row, a field a column.

The column called name, title, key or account, else the first one, names the secret; a column called
folder, group or path goes before it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from secrets_app.transfer.entries import Entry, filled, name_of, unreadable

_NAMES = ("name", "title", "key", "account")
_FOLDERS = ("folder", "group", "path")


def read_csv(content: bytes) -> Iterator[Entry]:
    """An entry for each row; cells without a heading have no place."""
    try:
        text = content.decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text), _dialect(text), strict=True)
        heading = [cell.strip() for cell in next(rows, [])]
        if len(heading) < 2 or not all(heading) or len(set(heading)) < len(heading):
            raise unreadable("The first line does not name the columns, each differently.")
        name, folder = _column(heading, _NAMES) or heading[0], _column(heading, _FOLDERS)
        for row in rows:
            if any(row):
                yield _entry(heading, row, name, folder)
    except (UnicodeDecodeError, csv.Error):
        raise unreadable("The file is not CSV in UTF-8.") from None


def _dialect(text: str) -> type[csv.Dialect]:
    class Chosen(csv.excel):
        delimiter = max(",;\t", key=text.partition("\n")[0].count)

    return Chosen


def _column(heading: Sequence[str], known: Sequence[str]) -> str:
    return next((cell for cell in heading if cell.lower() in known), "")


def _entry(heading: Sequence[str], row: Sequence[str], name: str, folder: str) -> Entry:
    cells = dict(zip(heading, row, strict=False))
    lost = ("columns without a heading",) if len(row) > len(heading) else ()
    title = name_of(cells.pop(folder, "") if folder else "", cells.pop(name, ""))
    return Entry(title, filled(cells), lost=lost)
