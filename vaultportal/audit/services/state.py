"""What is known of the trail's being whole: the outcome of the last reading, in one query."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from vaultportal.audit.models import Verification

State = Verification.State
NEVER = "never"


@dataclass(frozen=True, slots=True)
class ChainState:
    """The badge of the trail.

    state: ``never``, ``running``, ``whole`` or ``broken``; a trail once found broken stays so until
        a later reading finds it whole, also while one is running.
    percent: of the reading that is running; None when none is.
    at, by, entries: of the last reading that ended: when, who asked, how many entries.
    text, shard, seq: the first place that does not hold; found: how many there are.
    """

    state: str
    percent: int | None = None
    at: datetime | None = None
    by: str = ""
    entries: int = 0
    text: str = field(default="", repr=False)
    shard: int | None = None
    seq: int | None = None
    found: int = 0
    run: UUID | None = None

    @property
    def is_broken(self) -> bool:
        return self.state == State.BROKEN

    @property
    def entry(self) -> str:
        """The broken entry as in its address ("3-1201"); "" when no single one is at fault."""
        return "" if self.shard is None or self.seq is None else f"{self.shard}-{self.seq}"


def state() -> ChainState:
    """What the badge says now: one query, two rows."""
    rows = list(Verification.objects.order_by("-id").defer("heads")[:2])
    running = next((row for row in rows if row.state == State.RUNNING), None)
    ended = next((row for row in rows if row.state != State.RUNNING), None)
    percent = None if running is None else percent_of(running)
    if ended is None:
        return ChainState(NEVER if running is None else State.RUNNING, percent)
    first: list[Any] = ended.breaks[0] if ended.breaks else ["", "", None, None]
    broken = ended.state == State.BROKEN
    return ChainState(
        state=ended.state if broken or running is None else State.RUNNING,
        percent=percent,
        at=ended.ended_at,
        by=ended.asked_name,
        entries=ended.walked,
        text=first[1] if broken else "",
        shard=first[2] if broken else None,
        seq=first[3] if broken else None,
        found=ended.found,
        run=ended.pk,
    )


def percent_of(row: Verification) -> int:
    """How far a reading is: 0 to 100."""
    return min(100, row.walked * 100 // row.total) if row.total else 0
