"""The chain: how an entry's MAC follows from the entry before it, and how entries are appended.

There are sixteen chains, so that sixteen transactions may write at once. A unit of work takes the
first chain that nobody is writing to, in one statement, and holds it until its commit; it takes
just one, hence writers cannot deadlock. The order of entries is that of their chain.
"""

from __future__ import annotations

import zlib
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
_APPEND = f"""
WITH head AS (UPDATE audit_audithead SET seq = %s, mac = %s WHERE shard = %s)
INSERT INTO audit_auditentry (shard, epoch, seq, body, mac, {", ".join(COLUMNS)})
SELECT %s::smallint, %s::integer, entry.* FROM """  # noqa: S608 only the tuple of column names is put in
_ENTRY = ("bigint", "bytea", "bytea", *COLUMNS.values())


@dataclass(frozen=True, slots=True)
class Head:
    """The newest place of one chain, locked for the transaction that asked for it."""

    shard: int
    seq: int
    mac: bytes


def link(key: OpenKey, previous: bytes, seq: int, shard: int, body: bytes) -> bytes:
    """The MAC of an entry, 32 bytes: it covers the MAC before it, its place and its body."""
    place = (seq.to_bytes(8, "big"), shard.to_bytes(2, "big"))
    return key.mac(PURPOSE, message.encode((previous, *place, body)))


def preferred(document: Document) -> int:
    """The chain to try first: that of the target, else that of the actor."""
    subject: str = document["target"]["id"] or document["actor"]["id"]
    return zlib.crc32(subject.encode()) % SHARDS


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


def append(cursor: CursorWrapper, head: Head, documents: Sequence[Document]) -> None:
    """Put the entries behind ``head``, in their order, and move it: one statement."""
    key = keyring.scope_key(SCOPE)
    seq, mac = head.seq, head.mac
    rows = []
    for document in documents:
        body = encode(document)
        seq += 1
        mac = link(key, mac, seq, head.shard, body)
        rows.append((seq, body, mac, *columns(document)))
    table, values = source(_ENTRY, rows)
    place: list[Any] = [seq, mac, head.shard, head.shard, key.version]
    cursor.execute(f"{_APPEND}{table} AS entry", place + values)
