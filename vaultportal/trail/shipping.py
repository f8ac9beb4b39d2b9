"""From the spool into the chains: lines become entries and events, each exactly once.

Whoever ships a file holds its lock. One that dies between its commit and the emptying of the file
leaves lines that were shipped: they are known by the ids of their entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from django.db import connection, transaction

from vaultportal.audit.entry import Document, columns
from vaultportal.trail.batch import EventRow, write

LINES_AT_ONCE = 500


def line_of(documents: list[Document], events: list[EventRow]) -> bytes:
    """One unit of work as a line."""
    return orjson.dumps({"entries": documents, "events": events}) + b"\n"


def ship(lines: Sequence[bytes]) -> int:
    """Write whole lines into chains and outbox, and commit; returns how many are damaged."""
    damaged = 0
    for start in range(0, len(lines), LINES_AT_ONCE):
        parsed = [_parsed(line) for line in lines[start : start + LINES_AT_ONCE]]
        units = [one for one in parsed if one is not None]
        damaged += len(parsed) - len(units)
        documents = [document for entries, _ in units for document in entries]
        events = [row for _, rows in units for row in rows]
        with transaction.atomic(durable=True):
            missing = _missing(documents)
            if missing or events:
                write(missing, events)
    return damaged


def _parsed(line: bytes) -> tuple[list[Document], list[EventRow]] | None:
    try:
        read = orjson.loads(line)
        documents, events = read["entries"], read["events"]
        for document in documents:
            columns(document)
        for row in events:
            UUID(row[0])
    except (ValueError, TypeError, KeyError, IndexError):
        return None
    return documents, events


def _missing(documents: list[Document]) -> list[Document]:
    if not documents:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text FROM audit_auditentry WHERE id = ANY(%s::uuid[])",
            [[document["id"] for document in documents]],
        )
        present = {row[0] for row in cursor.fetchall()}
    return [document for document in documents if document["id"] not in present]
