"""Who has a checked-out secret, and who is next. Callers hold the row of the secret."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from secrets_app import queries
from secrets_app.models import Checkout
from secrets_app.records import Ref
from vaultportal import trail
from vaultportal.errors import Unauthenticated
from vaultportal.identity import authentication
from vaultportal.identity.actor import system
from vaultportal.trail import Target

State = Checkout.State


def open_turn(checkout: Checkout, now: datetime) -> None:
    """From now on the secret is with this one."""
    checkout.state = State.HELD
    checkout.started_at = now
    checkout.ends_at = now + timedelta(minutes=checkout.minutes)
    checkout.save(update_fields=["state", "started_at", "ends_at"])


def close(checkout: Checkout, state: Checkout.State, now: datetime, ended_by: UUID) -> None:
    """It is over, for whatever reason ``state`` tells."""
    checkout.state = state
    checkout.ended_at = now
    checkout.ended_by_id = ended_by
    checkout.save(update_fields=["state", "ended_at", "ended_by_id"])


def next_holder(secret_id: UUID, now: datetime) -> None:
    """Take the secret from a holder whose time is over; give it to the first in line who may read.

    Must run within a unit of the trail.
    """
    held = Checkout.objects.filter(secret_id=secret_id, state=State.HELD).first()
    if held is not None:
        if held.ends_at is None or held.ends_at > now:
            return
        close(held, State.LAPSED, now, system().user_id)
        _account("secret.check_out_lapsed", held)
    for waiting in Checkout.objects.filter(secret_id=secret_id, state=State.QUEUED).order_by("id"):
        if _may_still_read(waiting):
            open_turn(waiting, now)
            _account("secret.check_out_began", waiting)
            return
        close(waiting, State.CANCELLED, now, system().user_id)


def _may_still_read(waiting: Checkout) -> bool:
    try:
        actor = authentication.user_actor(waiting.user_id)
    except Unauthenticated:  # disabled meanwhile
        return False
    found = queries.one(actor, Ref(id=waiting.secret_id), rights=(queries.READ,))
    return found is not None and found.info.may_read


def _account(action: str, checkout: Checkout) -> None:
    target = Target("secret", str(checkout.secret_id))
    trail.record(system(), action, target, holder=str(checkout.user_id))
