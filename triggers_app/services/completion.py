"""Answers that come back: one conditional update, so of all who come one wins."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from triggers_app import schemas, settling, storable
from triggers_app.gates import decisions
from triggers_app.invoking import secret_digest
from triggers_app.models import Invocation, Kind
from vaultportal import trail
from vaultportal.api.wire import invalid
from vaultportal.errors import Conflict, Fault, Forbidden, Invalid, TooMany
from vaultportal.events import catalog
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

# Wrong secrets for one invocation in a window; more are refused without a look into the audit.
MOST_WRONG = 10
WRONG_WINDOW = timedelta(minutes=1)
MAX_ERROR = 4000


def complete_invocation(
    actor: Actor, invocation_id: str, secret: str, output: dict[str, Any], error: str = ""
) -> None:
    """Answer an open question, or say with ``error`` that there will be no answer.

    No right is asked for: the invocation's secret decides. The right secret is never held up by
    wrong ones that others try.

    Raises:
        Invalid: no such question (reason ``invocation.unknown``), or an output that the trigger's
            schema refuses; the question stays open.
        Forbidden: the secret is wrong (``invocation.secret``); TooMany after too many of them. Or
            a gate asks because of the actor, who must not answer (``gate.own``).
        Conflict: there is an outcome already, or the deadline has passed
            (``invocation.closed``); the first outcome stands.
    """
    row = _question(invocation_id)
    if row.secret_digest is None or not hmac.compare_digest(
        bytes(row.secret_digest), secret_digest(secret)
    ):
        raise _wrong_secret(actor, row)
    now = timezone.now()
    if row.state not in Invocation.OPEN:
        raise _closed()
    if row.deadline is not None and row.deadline <= now:
        settling.expire([row.pk], now)
        raise _closed()
    if faults := _answer_faults(row, output, error):
        raise invalid(faults)
    if not error:
        decisions.refuse_own(actor, row.pk)
    _settle(actor, row, now, output, error)


@trail.unit()
def _settle(
    actor: Actor, row: Invocation, now: datetime, output: dict[str, Any], error: str
) -> None:
    mine = settling.in_time(now).filter(pk=row.pk)
    if error:
        done = settling.fail(mine, now, error[:MAX_ERROR]) == 1
    else:
        done = settling.complete(mine, row.pk, now, output)
    if not done:
        raise _closed()
    trail.record(
        actor, "invocation.complete", _target(row), trigger=row.trigger, failed=bool(error)
    )


def _answer_faults(row: Invocation, output: dict[str, Any], error: str) -> list[Fault]:
    if error:  # the output is not looked at, and not kept
        return storable.faults_of(error, "error")
    event_type = catalog.get(row.trigger)
    described = schemas.output_faults(event_type, output) if event_type else []
    return [*storable.faults_of(output, "output"), *described]


def _question(invocation_id: str) -> Invocation:
    try:
        key = UUID(invocation_id)
    except ValueError:
        raise _unknown() from None
    questions = Invocation.objects.filter(kind=Kind.REQUEST_RESPONSE)
    row = questions.defer("input", "content_json").filter(pk=key).first()
    if row is None:
        raise _unknown()
    return row


def _wrong_secret(actor: Actor, row: Invocation) -> Forbidden | TooMany:
    """Count it, and account for it as long as there are few."""
    now = timezone.now()
    over = Q(wrong_since=None) | Q(wrong_since__lte=now - WRONG_WINDOW)
    counted = Invocation.objects.filter(pk=row.pk).filter(over | Q(wrong_secrets__lt=MOST_WRONG))
    if not counted.update(
        wrong_secrets=Case(When(over, then=Value(1)), default=F("wrong_secrets") + 1),
        wrong_since=Case(When(over, then=Value(now)), default=F("wrong_since")),
    ):
        seconds = int(WRONG_WINDOW.total_seconds())
        return TooMany("secret", reason="throttled", retry_after=seconds)
    _note_wrong_secret(actor, row)
    return Forbidden(
        "invocation", "The invocation secret is not accepted.", reason="invocation.secret"
    )


@trail.unit()
def _note_wrong_secret(actor: Actor, row: Invocation) -> None:
    trail.record(
        actor, "invocation.wrong_secret", _target(row), outcome="refused", trigger=row.trigger
    )


def _target(row: Invocation) -> Target:
    return Target("invocation", str(row.pk), row.subscription_name)


def _unknown() -> Invalid:
    fault = Fault("id", "unknown", "is of no invocation that can be completed")
    return Invalid(
        "invocation",
        "There is no such invocation to complete.",
        reason="invocation.unknown",
        faults=(fault,),
    )


def _closed() -> Conflict:
    return Conflict(
        "invocation", "The invocation has an outcome already.", reason="invocation.closed"
    )
