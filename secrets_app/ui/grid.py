"""Who may read and write a secret: a holder a row, a right a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from secrets_app import reach, readers
from secrets_app.reach import Reach
from secrets_app.readers import Reader
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import grants, sharing
from secrets_app.services.grants import Grant, Holder
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Cell:
    """One right of one holder. until: when it ends by itself."""

    right: str
    is_held: bool
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HolderRow:
    """Somebody with rights.

    members: how many they stand for now; used_at: the last read.
    is_unused: they could read it for 90 days, and nobody of them did.
    """

    holder: Holder
    name: str
    read: Cell
    write: Cell
    is_owner: bool = False
    deleted: bool = False
    members: Reach = field(default_factory=Reach)
    used_at: datetime | None = None
    is_unused: bool = False

    @property
    def cells(self) -> tuple[Cell, Cell]:
        return self.read, self.write


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows in force, those that have ended, and how many can read now.

    reach: None for whom it is no business.
    """

    rows: Sequence[HolderRow]
    ended: Sequence[HolderRow]
    reach: Reach | None
    may_share: bool


def grid_of(actor: Actor, info: SecretInfo) -> Grid:
    """The grid of one secret; four statements, or two more for those whose business it is."""
    ref = Ref(id=info.id)
    every = grants.list_grants(actor, ref)
    concerned = readers.is_responsible(actor, info)
    reading = readers.list_readers(actor, ref) if concerned else []
    used = reach.last_uses(info) if concerned else {}
    live = [grant for grant in every if not grant.ended]
    ended = [grant for grant in every if grant.ended]
    return Grid(
        _rows(live, reading, used, told=concerned),
        _rows(ended, [], {}),
        reach.reach_of(reading) if concerned else None,
        sharing.may_share(actor, info),
    )


def _rows(
    every: Iterable[Grant],
    reading: Sequence[Reader],
    used: Mapping[UUID, datetime],
    *,
    told: bool = False,
) -> list[HolderRow]:
    by_holder: dict[Holder, list[Grant]] = {}
    for grant in every:
        by_holder.setdefault(grant.holder, []).append(grant)
    rows = [_row(holder, grants_, reading, used) for holder, grants_ in by_holder.items()]
    if not told:  # who may not know of reads is not told that there were none
        return rows
    return [replace(row, is_unused=_is_unused(row, by_holder[row.holder])) for row in rows]


def _is_unused(row: HolderRow, given: Sequence[Grant]) -> bool:
    """Never of an owner, whose right is not taken away."""
    long_ago = timezone.now() - reach.UNUSED
    since = [grant.created_at for grant in given if grant.right == "read"]
    if row.is_owner or row.deleted or not since or min(since) > long_ago:
        return False
    return row.used_at is None or row.used_at < long_ago


def _row(
    holder: Holder,
    given: Sequence[Grant],
    reading: Sequence[Reader],
    used: Mapping[UUID, datetime],
) -> HolderRow:
    rights = {grant.right: grant for grant in given}
    through = [reader for reader in reading if reader.role_id == holder.id]
    times = [
        used[reader.user_id] for reader in through if reader.user_id and reader.user_id in used
    ]
    if holder.kind == "user":
        times = [used[holder.id]] if holder.id in used else []
    return HolderRow(
        holder,
        given[0].holder_name,
        _cell("read", rights),
        _cell("write", rights),
        is_owner="own" in rights,
        deleted=given[0].deleted,
        members=reach.reach_of(through),
        used_at=max(times, default=None),
    )


def _cell(right: str, rights: Mapping[str, Grant]) -> Cell:
    grant = rights.get(right) or rights.get("own")
    return Cell(right, grant is not None, grant.valid_until if grant else None)
