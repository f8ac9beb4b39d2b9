"""Looks for words in everything that a portal has written."""

from __future__ import annotations

import base64
import mmap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql


def spellings(word: str) -> set[bytes]:
    """The word as bytes, in hex, in UTF-16 and inside base64 at each of its three places."""
    raw = word.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), word.encode("utf-16-le")}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        # Without the ends, which depend on the neighbours.
        kept = text[(shift * 8 + 5) // 6 : len(text) - 4]
        found |= {kept, kept.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def files(*roots: Path) -> Iterator[Path]:
    """Every regular file below the roots."""
    for root in roots:
        yield from (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def in_files(words: Mapping[str, str], paths: Iterable[Path]) -> set[tuple[str, str]]:
    """Name of the word and path of each file that holds it."""
    needles = {name: spellings(word) for name, word in words.items()}
    found = set()
    for path in paths:
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                if not size:
                    continue
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    for name, forms in needles.items():
                        if any(content.find(form) >= 0 for form in forms):
                            found.add((name, str(path)))
        except FileNotFoundError:  # a running database recycles its files
            continue
    return found


def in_tables(
    words: Mapping[str, str], session: psycopg.Connection[tuple[Any, ...]]
) -> set[tuple[str, str]]:
    """The same in the rows themselves: in the files, long values are compressed."""
    needles = {name: spellings(word) for name, word in words.items()}
    tables = session.execute(
        "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    found = set()
    for (table,) in tables:
        query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
        with session.cursor() as cursor, cursor.copy(query) as copy:
            rows = b"".join(bytes(part) for part in copy)
        for name, forms in needles.items():
            if any(form in rows for form in forms):
                found.add((name, table))
    return found
