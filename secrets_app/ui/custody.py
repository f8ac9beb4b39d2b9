"""Who has a shared secret checked out, as its page says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from secrets_app.models import Checkout
from secrets_app.permissions import SecretPermission
from secrets_app.records import SecretInfo
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

State = Checkout.State


@dataclass(frozen=True, slots=True)
class Custody:
    """holder: the name, "" for nobody. waiting: how many stand in line. mine: the actor's state."""

    holder: str
    until: datetime | None
    waiting: int
    mine: str
    may_take: bool
    may_force: bool

    @property
    def is_mine(self) -> bool:
        return self.mine == State.HELD

    @property
    def i_wait(self) -> bool:
        return self.mine == State.QUEUED


def custody_of(actor: Actor, info: SecretInfo, rows: Sequence[Checkout]) -> Custody:
    """rows: the check-outs of the secret, the live ones first."""
    live = [row for row in rows if row.state in (State.HELD, State.QUEUED)]
    held = next((row for row in live if row.state == State.HELD), None)
    if held is not None and info.held_by is None:
        held = None  # its time is over, and the sweep has not come by yet
    mine = next((row.state for row in live if row.user_id == actor.user_id), "")
    return Custody(
        (held.user.full_name or held.user.username) if held else "",
        held.ends_at if held else None,
        sum(row.state == State.QUEUED for row in live),
        mine if held or mine != State.HELD else "",
        may_take=info.may_read and not info.is_expired and not mine,
        may_force=held is not None and access.holds(actor, SecretPermission.CHANGE),
    )
