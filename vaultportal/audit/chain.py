"""The chain: how an entry's MAC follows from the entry before it, and how entries are appended.

There are sixteen chains, so that sixteen transactions may write at once. A unit of work writes to
just one, hence writers cannot deadlock. The order of entries is that of their chain.

Each thread remembers the head that it wrote last. While nobody else has moved it, appending is one
statement, which compares the head and writes in the same breath (``follow``). Else the thread takes
the first chain that nobody is writing to, and holds it until its commit (``TAKE_FREE_HEAD``, then
``append``).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.utils import CursorWrapper

from vaultportal.audit.entry import COLUMNS, Document, columns, encode
from vaultportal.audit.models import SHARDS
from vaultportal.audit.rows import source
from vaultportal.crypto import keyring, message
from vaultportal.crypto.message import OpenKey
from vaultportal.errors import Unavailable

SCOPE = "audit"
PURPOSE = "audit entry 1"

# The preferred chain first, then the next ones: whichever is free. The row is the newest version of
# itself even when another transaction moved it meanwhile, since FOR UPDATE reads it again.
TAKE_FREE_HEAD = """
SELECT shard, seq, mac FROM audit_audithead
ORDER BY (shard - %s + 16) %% 16 LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_TAKE_HEAD = "SELECT shard, seq, mac FROM audit_audithead WHERE shard = %s FOR UPDATE"
_INSERT = f"INSERT INTO audit_auditentry (shard, epoch, seq, body, mac, {', '.join(COLUMNS)})"
_APPEND = f"""
WITH head AS (UPDATE audit_audithead SET seq = %s, mac = %s WHERE shard = %s)
{_INSERT} SELECT %s::smallint, %s::integer, entry.* FROM """  # noqa: S608 only the tuple of column names is put in
# A head that somebody writes to right now is passed over like one that was moved.
FOLLOW_HEAD = """head AS (
    UPDATE audit_audithead SET seq = %s, mac = %s WHERE shard = (
        SELECT shard FROM audit_audithead
        WHERE shard = %s AND seq = %s AND mac = %s FOR UPDATE SKIP LOCKED
    ) RETURNING shard
)"""
_FOLLOW = f" {_INSERT} SELECT head.shard, %s::integer, entry.* FROM head, "  # noqa: S608 as above
_ENTRY = ("bigint", "bytea", "bytea", *COLUMNS.values())


@dataclass(frozen=True, slots=True)
class Head:
    """The newest place of one chain."""

    shard: int
    seq: int
    mac: bytes


def link(key: OpenKey, previous: bytes, seq: int, shard: int, body: bytes) -> bytes:
    """The MAC of an entry, 32 bytes: it covers the MAC before it, its place and its body."""
    place = (seq.to_bytes(8, "big"), shard.to_bytes(2, "big"))
    return key.mac(PURPOSE, message.encode((previous, *place, body)))


class _Place(threading.local):
    """Where this thread appends: the head it wrote last, and where it looks for another."""

    head: Head | None = None
    preference: int | None = None


_place = _Place()


def remembered() -> Head | None:
    """The head that this thread wrote last and committed."""
    return _place.head


def remember(head: Head) -> None:
    """Append behind ``head`` next time, if it still stands; called when it is committed."""
    _place.head, _place.preference = head, head.shard


def forget() -> None:
    """The head was moved. The chain stays the preferred one: a transaction that holds it already
    goes on with it, and one that somebody else holds is passed over anyway."""
    _place.head = None


def preference() -> int:
    """The chain to try first: the thread's own, so that threads keep out of each other's way."""
    if _place.preference is None:
        _place.preference = secrets.randbelow(SHARDS)
    return _place.preference


def head_of(row: Sequence[Any] | None, cursor: CursorWrapper, preference: int) -> Head:
    """The head that ``TAKE_FREE_HEAD`` found; when all are being written to, wait for one.

    Raises:
        Unavailable: the chain has no head. Nothing may happen that cannot be accounted for.
    """
    if row is None:
        cursor.execute(_TAKE_HEAD, [preference])
        row = cursor.fetchone()
    if row is None:
        raise Unavailable("audit trail", reason="audit.unwritable")
    return Head(row[0], row[1], bytes(row[2]))


def append(cursor: CursorWrapper, head: Head, documents: Sequence[Document]) -> Head:
    """Put the entries behind ``head``, which is locked: one statement. Returns the new head."""
    key, moved, (table, values) = _linked(head, documents)
    place: list[Any] = [moved.seq, moved.mac, head.shard, head.shard, key.version]
    cursor.execute(f"{_APPEND}{table} AS entry", place + values)
    return moved


def follow(
    cursor: CursorWrapper, head: Head, documents: Sequence[Document], before: str, values: list[Any]
) -> Head | None:
    """Put the entries behind ``head`` if it stands: one statement. Returns the new head.

    before: a further table expression with the parameters ``values``, which reads from ``head`` so
    that it, too, does nothing when the head was moved; "" for none.

    Returns None when somebody has moved it, and then nothing was written.
    """
    key, moved, (table, entries) = _linked(head, documents)
    place: list[Any] = [moved.seq, moved.mac, head.shard, head.seq, head.mac]
    sql = f"WITH {FOLLOW_HEAD}{before}{_FOLLOW}{table} AS entry"
    cursor.execute(sql, [*place, *values, key.version, *entries])
    return moved if cursor.rowcount else None


def _linked(
    head: Head, documents: Sequence[Document]
) -> tuple[OpenKey, Head, tuple[str, list[Any]]]:
    """The key, the head after the entries, and their rows as a source."""
    key = keyring.scope_key(SCOPE)
    seq, mac = head.seq, head.mac
    rows = []
    for document in documents:
        body = encode(document)
        seq += 1
        mac = link(key, mac, seq, head.shard, body)
        rows.append((seq, body, mac, *columns(document)))
    return key, Head(head.shard, seq, mac), source(_ENTRY, rows)
