"""Hold a shared secret alone for a time: the others are refused, and may stand in line."""

from __future__ import annotations

from datetime import UTC, datetime

from secrets_app import queries, refusals
from secrets_app.custody import close, next_holder, open_turn
from secrets_app.models import Checkout
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import secrets
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

MAX_MINUTES = 7 * 24 * 60
State = Checkout.State


@trail.unit()
def check_out(actor: Actor, ref: Ref, *, reason: str, minutes: int) -> Checkout:
    """Take a shared secret, or a place in the line when somebody has it.

    minutes: 1 to a week, counted from when the secret is the actor's.

    Returns: the check-out, ``held`` or ``queued``.

    Raises:
        NotFound: there is none, or none that the actor may know of.
        Forbidden: the actor may not read it, or its time is over.
        Invalid: no reason, or minutes out of bounds.
        Conflict: it is personal, or the actor has it or waits for it already.
    """
    info = _locked(actor, ref)
    if info.owner_id is not None:
        raise Conflict("secret", "Personal secrets are not checked out.")
    if not info.may_read:
        raise refusals.forbidden("check this secret out")
    if info.is_expired:
        refusals.unless_open(actor, info)
    _check(reason, minutes)
    now = datetime.now(UTC)
    next_holder(info.id, now)  # whoever had it may have let the time go by
    mine = Checkout.objects.filter(secret_id=info.id, user_id=actor.user_id)
    if mine.filter(state__in=[State.HELD, State.QUEUED]).exists():
        raise Conflict("check-out", "You hold this secret or wait for it already.")
    made = Checkout.objects.create(
        secret_id=info.id,
        user_id=actor.user_id,
        state=State.QUEUED,
        reason=reason,
        minutes=minutes,
        requested_at=now,
    )
    if not Checkout.objects.filter(secret_id=info.id, state=State.HELD).exists():
        open_turn(made, now)
    trail.record(
        actor, "secret.check_out", secrets.target_of(info), state=made.state, minutes=minutes
    )
    return made


@trail.unit()
def check_in(actor: Actor, ref: Ref) -> None:
    """Give the secret back, or leave the line; the next in line has it at once.

    Raises:
        NotFound: no such secret, or the actor neither has it nor waits for it.
    """
    info = _locked(actor, ref)
    mine = Checkout.objects.filter(
        secret_id=info.id, user_id=actor.user_id, state__in=[State.HELD, State.QUEUED]
    ).first()
    if mine is None:
        raise NotFound("check-out")
    state = State.RETURNED if mine.state == State.HELD else State.CANCELLED
    now = datetime.now(UTC)
    close(mine, state, now, actor.user_id)
    next_holder(info.id, now)
    trail.record(actor, "secret.check_in", secrets.target_of(info), state=state.value)


@trail.unit()
def force_return(actor: Actor, ref: Ref) -> None:
    """Take the secret back from its holder, as a manager of shared secrets.

    Raises:
        NotFound: no such secret, or nobody has it; Forbidden: the actor does not manage secrets.
    """
    info = _locked(actor, ref)
    if not access.holds(actor, SecretPermission.CHANGE):
        raise refusals.forbidden("take this secret back")
    held = Checkout.objects.filter(secret_id=info.id, state=State.HELD).first()
    if held is None:
        raise NotFound("check-out")
    now = datetime.now(UTC)
    close(held, State.FORCED, now, actor.user_id)
    next_holder(info.id, now)
    trail.record(actor, "secret.force_return", secrets.target_of(info), holder=str(held.user_id))


def list_checkouts(actor: Actor, ref: Ref, *, limit: int = 50) -> list[Checkout]:
    """Who has it and who waits, in the order of the line, then who had it, newest first.

    Raises:
        NotFound: there is none, or none that the actor may know of.
    """
    info = secrets.find(actor, ref, rights=()).info
    rows = Checkout.objects.filter(secret_id=info.id).select_related("user")
    live = list(rows.filter(state__in=[State.HELD, State.QUEUED]).order_by("id"))
    live.sort(key=lambda row: row.state != State.HELD)
    past = rows.exclude(state__in=[State.HELD, State.QUEUED]).order_by("-id")
    return [*live, *past[:limit]]


def list_ending(actor: Actor, before: datetime, *, limit: int) -> list[Checkout]:
    """What the actor holds and must give back by ``before``, the first to end first; one query."""
    held = Checkout.objects.filter(user_id=actor.user_id, state=State.HELD, ends_at__lt=before)
    return list(held.select_related("secret").order_by("ends_at")[:limit])


def _locked(actor: Actor, ref: Ref) -> SecretInfo:
    return secrets.find(actor, ref, rights=(queries.READ,), lock=True).info


def _check(reason: str, minutes: int) -> None:
    faults = []
    if not reason.strip():
        faults.append(Fault("reason", "missing", "is required"))
    elif len(reason) > 255:
        faults.append(Fault("reason", "range", "must have at most 255 characters"))
    if not 1 <= minutes <= MAX_MINUTES:
        faults.append(Fault("minutes", "range", f"must be from 1 to {MAX_MINUTES}"))
    if faults:
        raise refusals.invalid(*faults)
