"""What one attempt means for its invocation: pure decisions, by mode, status and body.

Source: contract of triggers, sections 6.2 to 6.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import orjson

from triggers_app.engine import limits
from triggers_app.models import Attempt, Invocation, Kind, Mode
from vaultportal.outbound import Answer, Blocked, OutboundError, TimedOut

GONE = 410
_TRANSIENT = {408, 429}
_WITH_RETRY_AFTER = {429, 503}
Outcome = Attempt.Outcome
Result = Answer | OutboundError


class Next(Enum):
    """What becomes of the invocation."""

    COMPLETE = "complete"
    WAIT = "wait"
    RETRY = "retry"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Verdict:
    """outcome: of the attempt, for the log. error: a sentence of ours; "" when there is none.

    output: of a question that was answered at once; still to be checked against its schema.
    due_at: of the next attempt. alive: whether the endpoint does its work.
    gone: it asked never to be called again.
    """

    next: Next
    outcome: Attempt.Outcome
    error: str = ""
    output: Mapping[str, Any] | None = field(default=None, repr=False)
    due_at: datetime | None = None
    alive: bool = False
    gone: bool = False


def judge(invocation: Invocation, result: Result, at: datetime) -> Verdict:
    """The verdict on the attempt that ``invocation.attempts`` counts, ended ``at``."""
    if isinstance(result, OutboundError):
        outcome = _outcome_of(result)
        return _later(invocation, outcome, result.message, at, None)
    status = result.status
    if invocation.kind == Kind.FIRE_AND_FORGET:
        return _told(invocation, result, at)
    if invocation.mode != Mode.ASYNC and status == 200:
        return _answered(result)
    taken = status == 202 or (invocation.mode == Mode.ASYNC and 200 <= status < 300)
    if invocation.mode != Mode.SYNC and taken:
        return Verdict(Next.WAIT, Outcome.ACCEPTED, alive=True)
    refused = f"The subscriber answered with status {status}."
    if invocation.mode != Mode.SYNC and (status in _TRANSIENT or status >= 500):
        return _later(invocation, Outcome.REFUSED, refused, at, result)
    return Verdict(Next.FAIL, Outcome.REFUSED, refused, alive=status < 500, gone=status == GONE)


def _told(invocation: Invocation, answer: Answer, at: datetime) -> Verdict:
    status = answer.status
    if 200 <= status < 300:
        return Verdict(Next.COMPLETE, Outcome.ACCEPTED, alive=True)
    refused = f"The subscriber answered with status {status}."
    if status == GONE:
        return Verdict(Next.FAIL, Outcome.REFUSED, refused, gone=True)
    return _later(invocation, Outcome.REFUSED, refused, at, answer)


def _answered(answer: Answer) -> Verdict:
    """An answer in the response itself; what it says must be JSON and whole."""
    try:
        output = None if answer.truncated else orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        output = None
    if not isinstance(output, dict):
        error = "The subscriber's answer is not a JSON object."
        return Verdict(Next.FAIL, Outcome.REFUSED, error, alive=True)
    return Verdict(Next.COMPLETE, Outcome.ACCEPTED, output=output, alive=True)


def _later(
    invocation: Invocation,
    outcome: Attempt.Outcome,
    error: str,
    at: datetime,
    answer: Answer | None,
) -> Verdict:
    """Another attempt if there is one left, else the failure."""
    seconds = _seconds_to_next(invocation, at)
    if seconds is None:
        return Verdict(Next.FAIL, outcome, error)
    due_at = at + timedelta(seconds=max(seconds, _retry_after(answer, at)))
    if invocation.kind == Kind.REQUEST_RESPONSE and due_at > _last_moment(invocation):
        return Verdict(Next.FAIL, outcome, error)
    return Verdict(Next.RETRY, outcome, error, due_at=due_at)


def _seconds_to_next(invocation: Invocation, at: datetime) -> float | None:
    attempts = invocation.attempts
    if invocation.kind == Kind.FIRE_AND_FORGET:
        return limits.delay(attempts)
    if invocation.mode == Mode.SYNC or attempts >= limits.MAX_ATTEMPTS_OF_QUESTIONS:
        return None
    return limits.spread(limits.QUESTION_DELAYS[attempts - 1])


def _last_moment(invocation: Invocation) -> datetime:
    last = invocation.created_at + limits.QUESTION_SPAN
    return min(last, invocation.deadline) if invocation.deadline else last


def _retry_after(answer: Answer | None, at: datetime) -> float:
    """Seconds that the endpoint asks for, within a day; 0 when it does not."""
    if answer is None or answer.status not in _WITH_RETRY_AFTER:
        return 0.0
    text = (answer.header("retry-after") or "").strip()
    if text.isdigit() and len(text) < 10:
        return min(float(text), limits.LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment - at).total_seconds()
    except (TypeError, ValueError):  # no date, or one without a time zone
        return 0.0
    return min(max(seconds, 0.0), limits.LONGEST_RETRY_AFTER)


def _outcome_of(error: OutboundError) -> Attempt.Outcome:
    if isinstance(error, Blocked):
        return Outcome.BLOCKED
    return Outcome.TIMEOUT if isinstance(error, TimedOut) else Outcome.BROKEN
