"""What one unit of work has to say, and the two statements that write it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.dispatch import Signal

from vaultportal.audit import chain
from vaultportal.audit.entry import MAX_NAME, Document, Note, clip, timestamp
from vaultportal.audit.rows import source
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7

# Sent after commit with ``ids`` and ``types`` of the events, as a hint: whoever misses it finds
# the rows.
emitted = Signal()

# The table is declared in vaultportal.events.models, above here; only this file writes to it.
_COLUMNS = {
    "id": "uuid",
    "type": "text",
    "payload": "jsonb",
    "actor_id": "uuid",
    "actor_name": "text",
    "request_id": "text",
    "created_at": "timestamptz",
}
_TYPES = tuple(_COLUMNS.values())
# Once each, also when a spool is shipped a second time. {head}: what the rows wait for.
_OUTBOX = (
    f"INSERT INTO events_event ({', '.join(_COLUMNS)}) "  # noqa: S608 only these names are put in
    "SELECT event.* FROM {rows} AS event{head} ON CONFLICT (id) DO NOTHING"
)
EventRow = Sequence[str]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event before it has its row."""

    type: str
    actor: Actor
    payload: Mapping[str, Any]

    def row(self, event_id: UUID, at: datetime) -> EventRow:
        """The columns of the outbox as text, in the order of ``_OUTBOX``."""
        actor = self.actor
        return (
            str(event_id),
            self.type,
            orjson.dumps(self.payload).decode(),
            str(actor.user_id),
            clip(actor.name, MAX_NAME),
            clip(actor.request_id, MAX_NAME),
            timestamp(at),
        )


@dataclass(slots=True)
class Batch:
    """Entries and events of one unit of work, until its end.

    kept: a mark; what came before it is written also when a reading fails.
    """

    notes: list[Note] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)
    kept: tuple[int, int] = (0, 0)

    def mark(self) -> tuple[int, int]:
        """How far it is now, for ``cut``."""
        return len(self.notes), len(self.happenings)

    def cut(self, mark: tuple[int, int]) -> None:
        """Forget what came after ``mark``: a part of the unit has failed."""
        del self.notes[mark[0] :], self.happenings[mark[1] :]

    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.notes and not self.happenings

    def flush(self) -> None:
        """Write all of it in the open transaction: one statement, at most three."""
        if not self.is_empty():
            write(*self.close())

    def commit(self) -> bool:
        """Write all of it in one statement that is a transaction of its own, if that can be.

        Returns False, and nothing is written, where it needs more than one: a transaction is open,
        or the thread does not know the head of a chain.
        """
        head = chain.remembered()
        if connection.in_atomic_block or head is None or not self.notes:
            return False
        documents, events = self.close()
        with connection.cursor() as cursor:
            moved = _follow(cursor, head, documents, events)
        if moved is None:
            return False
        chain.remember(moved)
        _tell(events)
        return True

    def close(self, *, spooled: bool = False) -> tuple[list[Document], list[EventRow]]:
        """Its entries and the rows of its events, with their ids and the time of now."""
        at = datetime.now(UTC)
        documents = [note.document(uuid7(), at, spooled=spooled) for note in self.notes]
        return documents, [happening.row(uuid7(), at) for happening in self.happenings]


def write(documents: list[Document], events: list[EventRow]) -> None:
    """Insert events and entries; the lock of a chain is taken last and held for the commit only."""
    with connection.cursor() as cursor:
        if documents:
            head = chain.remembered()
            moved = _follow(cursor, head, documents, events) if head else None
            moved = moved or _take(cursor, documents, events)
            transaction.on_commit(partial(chain.remember, moved))
        elif events:
            cursor.execute(*_outbox(events))
    if events:
        transaction.on_commit(lambda: _tell(events), robust=True)


def _follow(
    cursor: CursorWrapper, head: chain.Head, documents: list[Document], events: list[EventRow]
) -> chain.Head | None:
    outbox, values = _outbox(events, head=", head")
    before = f", outbox AS ({outbox})" if events else ""
    moved = chain.follow(cursor, head, documents, before, values)
    if moved is None:
        chain.forget()
    return moved


def _take(cursor: CursorWrapper, documents: list[Document], events: list[EventRow]) -> chain.Head:
    outbox, values = _outbox(events)
    preference = chain.preference()
    before = f"WITH outbox AS ({outbox})" if events else ""
    cursor.execute(f"{before}{chain.TAKE_FREE_HEAD}", [*values, preference])
    return chain.append(cursor, chain.head_of(cursor.fetchone(), cursor, preference), documents)


def _tell(events: list[EventRow]) -> None:
    if events:
        ids, types = [row[0] for row in events], frozenset(row[1] for row in events)
        emitted.send_robust(None, ids=ids, types=types)


def _outbox(events: list[EventRow], *, head: str = "") -> tuple[str, list[Any]]:
    rows, values = source(_TYPES, events) if events else ("", [])
    return _OUTBOX.format(rows=rows, head=head), values
