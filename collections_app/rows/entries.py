"""Index entries: which object has which value of an indexed or unique property."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from collections_app.rows.statements import fetch, run


@dataclass(frozen=True, slots=True)
class Entry:
    """``key`` is what ``codec.index_key`` made; ``seq`` is 0 until the object has one."""

    property_id: int
    key: bytes
    guard: bool
    seq: int = 0

    def at(self, seq: int) -> Entry:
        """The entry of the object with that number."""
        return replace(self, seq=seq)


def _columns(entries: Sequence[Entry]) -> dict[str, list[Any]]:
    return {
        "seqs": [each.seq for each in entries],
        "properties": [each.property_id for each in entries],
        "keys": [each.key for each in entries],
        "guards": [each.guard for each in entries],
    }


def release_ended(entries: Sequence[Entry]) -> None:
    """Let go of the keys of ``entries`` where an object that has ended still guards them."""
    run(
        """
        UPDATE collections_app_indexentry held SET guard = false
        FROM collections_app_object object, unnest(%(properties)s::int[], %(keys)s::bytea[])
            AS wanted(property_id, key)
        WHERE held.property_id = wanted.property_id AND held.key = wanted.key AND held.guard
            AND object.seq = held.object_id AND object.ends_at <= now()
        """,
        _columns(entries),
    )


def insert_entries(entries: Sequence[Entry]) -> list[tuple[int, int]]:
    """Write ``entries``; returns (seq, property) of those whose unique key is taken."""
    made = fetch(
        """
        INSERT INTO collections_app_indexentry (object_id, property_id, key, guard)
        SELECT * FROM unnest(%(seqs)s::bigint[], %(properties)s::int[], %(keys)s::bytea[],
            %(guards)s::bool[])
        ON CONFLICT (property_id, key) WHERE guard DO NOTHING
        RETURNING object_id, property_id
        """,
        _columns(entries),
    )
    present = set(made)
    return [
        (each.seq, each.property_id)
        for each in entries
        if (each.seq, each.property_id) not in present
    ]


def replace_entries(
    dropped: Iterable[tuple[int, int]], entries: Sequence[Entry]
) -> list[tuple[int, int]]:
    """Take away the entries at (seq, property) in ``dropped``, then write ``entries``.

    Returns (seq, property) of those whose unique key is taken. At most three statements.
    """
    pairs = list(dropped)
    if pairs:
        run(
            """
            DELETE FROM collections_app_indexentry old
            USING unnest(%s::bigint[], %s::int[]) AS gone(seq, property_id)
            WHERE old.object_id = gone.seq AND old.property_id = gone.property_id
            """,
            [[seq for seq, _ in pairs], [number for _, number in pairs]],
        )
    if not entries:
        return []
    if any(each.guard for each in entries):
        release_ended(entries)
    return insert_entries(entries)
