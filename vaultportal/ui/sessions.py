"""A person's own browser sessions: where they are, and ending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from vaultportal import trail
from vaultportal.identity.actor import Actor
from vaultportal.identity.browsers import browser_of, system_of
from vaultportal.identity.models import Session
from vaultportal.trail import Target


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One browser that is signed in. is_current: the one that asks."""

    id: UUID
    browser: str
    system: str
    address: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    is_current: bool


def list_own(actor: Actor) -> Sequence[OwnSession]:
    """The living sessions of the actor, the one that asks first, then by last use."""
    rows = Session.objects.alive().filter(user_id=actor.user_id).defer("data", "digest")
    found = [
        OwnSession(
            row.pk,
            browser_of(row.user_agent),
            system_of(row.user_agent),
            row.address or "",
            row.created_at,
            row.last_seen_at,
            row.expires_at,
            str(row.pk) == actor.credential.id,
        )
        for row in rows.order_by("-last_seen_at", "pk")
    ]
    return sorted(found, key=lambda session: not session.is_current)


@trail.unit()
def end_own(actor: Actor, session_id: UUID | None) -> int:
    """End one session of the actor, or with None all but the one that asks; how many ended."""
    rows = Session.objects.filter(user_id=actor.user_id)
    if session_id is None:
        rows = rows.exclude(pk=actor.credential.id)
    else:
        rows = rows.filter(pk=session_id)
    ended = rows.delete()[0]
    target = Target("user", str(actor.user_id), actor.name)
    trail.record(actor, "user.end_sessions", target, count=ended)
    return ended
