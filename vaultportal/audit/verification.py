"""Reads the whole trail and names each place where it does not hold together.

What is in the database is checked against itself and the audit key: a gap, a changed, swapped or
inserted entry, a copied column that differs from its entry, a head that was moved. That the newest
entries of a chain were cut off together with its head shows only against a checkpoint, and that
the checkpoints were cut off too only against a copy of them outside (``checkpoints``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from vaultportal.audit.chain import SCOPE, Head, link
from vaultportal.audit.entry import COLUMNS, columns
from vaultportal.audit.models import MAC_SIZE, SHARDS
from vaultportal.crypto import keyring
from vaultportal.crypto.errors import KeyGone, Tampered
from vaultportal.crypto.message import OpenKey

PAGE = 2000
TOLERATED_SKEW = timedelta(seconds=5)

# One statement, so that a head and the newest entry of its chain are of one moment.
_ENDS = """
SELECT place.shard, head.seq, head.mac,
    (SELECT max(entry.seq) FROM audit_auditentry entry WHERE entry.shard = place.shard)
FROM generate_series(0, %s - 1) AS place (shard)
LEFT JOIN audit_audithead head ON head.shard = place.shard
ORDER BY place.shard
"""
_STRAY = """
SELECT DISTINCT shard FROM (
    SELECT min(shard) AS shard FROM audit_auditentry
    UNION ALL SELECT max(shard) FROM audit_auditentry
    UNION ALL SELECT shard FROM audit_audithead
) AS found WHERE shard NOT BETWEEN 0 AND %s - 1
"""
_PAGE = f"""
SELECT seq, epoch, body, mac, {", ".join(COLUMNS)} FROM audit_auditentry
WHERE shard = %s AND seq > %s AND seq <= %s ORDER BY seq LIMIT %s
"""  # noqa: S608 only the tuple of column names is put in


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the trail does not hold.

    kind: ``gap``, ``mac``, ``key``, ``columns``, ``head``, ``shard``, ``checkpoint`` or ``clock``.
    fatal: False for a clock that ran backwards, which hosts do.
    """

    kind: str
    text: str
    shard: int | None = None
    seq: int | None = None
    fatal: bool = True

    def __str__(self) -> str:
        place = "" if self.shard is None else f"shard {self.shard}"
        place += "" if self.seq is None else f" entry {self.seq}"
        return f"{place}: {self.text}" if place else self.text


def verify(
    *,
    since: Mapping[int, Head] | None = None,
    walked: Callable[[int], object] = lambda _: None,
    reached: Callable[[Head], object] = lambda _: None,
) -> Iterator[Break]:
    """Every break, chain by chain, while others go on writing.

    since: heads that are trusted, by shard; only what came after them is read.
    walked: is called with the number of entries of each page that was read.
    reached: is called after that with the place up to which its chain was read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STRAY, [SHARDS])
        strays = [row[0] for row in cursor.fetchall()]
        cursor.execute(_ENDS, [SHARDS])
        ends = cursor.fetchall()
    for shard in strays:
        yield Break("shard", "there is no such chain", shard)
    keys: dict[int, OpenKey | None] = {}
    for shard, seq, mac, newest in ends:
        if seq is None:
            yield Break("head", "the head of the chain is missing", shard)
            continue
        if (newest or 0) > seq:
            yield Break("head", "there are entries behind the head of the chain", shard, newest)
        start = (since or {}).get(shard) or Head(shard, 0, bytes(MAC_SIZE))
        yield from _walk(start, Head(shard, seq, bytes(mac)), keys, walked, reached)


def count() -> int:
    """How many entries the heads promise."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(seq), 0)::bigint FROM audit_audithead")
        (total,) = cursor.fetchone() or (0,)
    return int(total)


def _walk(
    start: Head,
    end: Head,
    keys: dict[int, OpenKey | None],
    walked: Callable[[int], object],
    reached: Callable[[Head], object],
) -> Iterator[Break]:
    seq, mac, before = start.seq, start.mac, datetime.min.replace(tzinfo=UTC)
    while page := _page(start.shard, seq, end.seq):
        for found, epoch, body, stored, *copies in page:
            if found != seq + 1:
                yield _gap(start.shard, seq, found)
            entry = Entry(start.shard, found, epoch, bytes(body), bytes(stored), tuple(copies))
            yield from entry.breaks(mac, keys)
            yield from entry.runs_backwards(before)
            seq, mac, before = found, entry.mac, entry.at
        walked(len(page))
        reached(Head(start.shard, seq, mac))
    if seq < end.seq:
        yield _gap(start.shard, seq, end.seq + 1)
    elif seq > end.seq:
        yield Break("head", "the head lies before the place that was trusted", start.shard, end.seq)
    elif mac != end.mac:
        yield Break("head", "the head is not that of the newest entry", start.shard, end.seq)


def _page(shard: int, after: int, until: int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, [shard, after, until, PAGE])
        rows: list[Any] = cursor.fetchall()
    return rows


def _gap(shard: int, after: int, before: int) -> Break:
    return Break("gap", f"{before - after - 1} missing from here on", shard, after + 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the trail as it was read."""

    shard: int
    seq: int
    epoch: int
    body: bytes
    mac: bytes
    copies: tuple[Any, ...]

    @property
    def at(self) -> datetime:
        """The time of the entry, by its column."""
        at: datetime = self.copies[1]
        return at

    def breaks(self, previous: bytes, keys: dict[int, OpenKey | None]) -> Iterator[Break]:
        """What is wrong with it, when the entry before it has the MAC ``previous``."""
        key = keys[self.epoch] if self.epoch in keys else _learn(self.epoch, keys)
        if key is None:
            yield self._broken("key", f"the audit key of epoch {self.epoch} is not there")
        elif link(key, previous, self.seq, self.shard, self.body) != self.mac:
            yield self._broken("mac", "it does not follow from the entry before it")
        try:
            expected = columns(orjson.loads(self.body))
        except (ValueError, TypeError, KeyError):
            yield self._broken("mac", "its body is not an entry")
            return
        for name, copy, original in zip(COLUMNS, self.copies, expected, strict=True):
            if copy != original:
                yield self._broken("columns", f"the column {name} differs from the entry")

    def runs_backwards(self, before: datetime) -> Iterator[Break]:
        """A warning when the clock went back; a spooled entry comes late and says so."""
        if before - min(self.at, before) > TOLERATED_SKEW and b'"spooled":true' not in self.body:
            text = "it is older than the entry before it"
            yield Break("clock", text, self.shard, self.seq, fatal=False)

    def _broken(self, kind: str, text: str) -> Break:
        return Break(kind, text, self.shard, self.seq)


def _learn(epoch: int, keys: dict[int, OpenKey | None]) -> OpenKey | None:
    try:
        keys[epoch] = keyring.scope_key(SCOPE, epoch)
    except (KeyGone, Tampered):
        keys[epoch] = None
    return keys[epoch]
