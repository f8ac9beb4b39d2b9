"""One attempt as a row: capped, and without anything that opens something."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from triggers_app.engine.crew import Sent
from triggers_app.engine.outgoing import MASK, MAX_ANSWER
from triggers_app.engine.verdicts import Outcome, Verdict
from triggers_app.models import Attempt, Invocation
from vaultportal.outbound import Answer

MAX_BODY = MAX_ANSWER  # characters: all that is read
MAX_HEADERS = 40
MAX_VALUE = 512
_MASKED = {"authorization", "proxy-authenticate", "set-cookie", "www-authenticate"}


def attempt(sent: Sent, verdict: Verdict) -> Attempt:
    """The row of an attempt that was made."""
    row = Attempt(
        invocation_id=sent.claim.invocation.pk,
        number=sent.claim.invocation.attempts,
        at=sent.at,
        outcome=verdict.outcome,
        url=sent.outgoing.request.url,
        request_headers=sent.outgoing.logged_headers(),
        duration_ms=round((sent.ended_at - sent.at).total_seconds() * 1000),
        error=verdict.error,
    )
    if isinstance(sent.result, Answer):
        hidden = sent.outgoing.hidden
        row.status = sent.result.status
        row.response_headers = _headers(sent.result.headers, hidden)
        row.response_body = _clean(sent.result.body.decode(errors="replace"), hidden, MAX_BODY)
    return row


def unsent(invocation: Invocation, at: datetime, error: str) -> dict[str, Any]:
    """The columns of a row that tells why there was no attempt."""
    return {
        "invocation_id": invocation.pk,
        "number": invocation.attempts,
        "at": at,
        "outcome": Outcome.SKIPPED,
        "error": error,
    }


def _headers(headers: Iterable[tuple[str, str]], hidden: tuple[str, ...]) -> dict[str, str]:
    shown: dict[str, str] = {}
    for name, value in headers:
        if len(shown) == MAX_HEADERS:
            break
        clean = MASK if name in _MASKED else _clean(value, hidden, MAX_VALUE)
        shown[_clean(name, hidden, MAX_VALUE)] = clean
    return shown


def _clean(text: str, hidden: tuple[str, ...], most: int) -> str:
    """Without our own secrets, which a receiver may send back, and what PostgreSQL cannot hold."""
    for word in hidden:
        if word:
            text = text.replace(word, MASK)
    return text[:most].replace("\x00", "\ufffd")
