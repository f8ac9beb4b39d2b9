"""One delivery as people look at it: what was sent, when, what came back, what comes next."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triggers_app.engine import limits, log, outgoing
from triggers_app.models import Attempt, Invocation, Kind, Subscription
from triggers_app.ui import marks
from triggers_app.ui.sentences import said
from vaultportal.ui.snippets import Snippet
from vaultportal.ui.timeline import Point

MOST_SHOWN = 64 * 1024


def points(row: Invocation, tries: Sequence[Attempt]) -> list[Point]:
    """From the event to the outcome, or to the next attempt."""
    body = shown_body(row)
    found = [Point(row.created_at, _began(row), "ok", _exactly(row.created_at, _from_where(row)))]
    found += (_attempt_point(each, body) for each in tries)
    if row.completed_at is not None:
        mark = marks.of_invocation(row)
        why = _exactly(row.completed_at, said(row.error_message or ""))
        found.append(Point(row.completed_at, mark.word, mark.state, why))
    elif row.state == Invocation.State.WAITING:
        left = marks.time_left(row.deadline)
        detail = _("The subscriber took the question and answers later.")
        ends = _("%(time)s left") % {"time": left} if left else ""
        found.append(
            Point(
                row.deadline,
                _("Waiting for its answer"),
                "run",
                " ".join(filter(None, [detail, ends])),
            )
        )
    elif row.due_at is not None:
        found.append(Point(row.due_at, _next_title(row), "run", _next_detail(row)))
    return found


def _attempt_point(row: Attempt, body: str) -> Point:
    return Point(
        row.at,
        _attempt_title(row),
        marks.of_attempt(row),
        _exactly(row.at, _attempt_detail(row)),
        body_template="triggers_app/_attempt.html" if row.url else "",
        body={
            "attempt": row,
            "line": f"POST {row.url}",
            "sent": body,
            "error": said(row.error),
            "is_cut": len(row.response_body) >= log.MAX_BODY,
        },
    )


def shown_body(row: Invocation) -> str:
    """What an attempt posts, without the secret, cut at 64 KiB."""
    sent = json.loads(outgoing.body_of(row))
    if "secret" in sent["_metadata"]:
        sent["_metadata"]["secret"] = outgoing.MASK
    text = json.dumps(sent, indent=2, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "\n…"


def snippets(row: Invocation, subscription: Subscription | None) -> list[Snippet]:
    """The same request as a command; credentials are names of variables."""
    if subscription is None:
        return []
    body = json.loads(outgoing.body_of(row))
    if "secret" in body["_metadata"]:
        body["_metadata"]["secret"] = outgoing.MASK
    words = ["curl", "-X", "POST", shlex.quote(subscription.url)]
    headers = ["-H 'Content-Type: application/json'", f"-H 'webhook-id: {row.pk}'"]
    match subscription.authentication:
        case Subscription.Authentication.BASIC:
            headers.append(f'-u {shlex.quote(subscription.user_name)}:"$PASSWORD"')
        case Subscription.Authentication.BEARER:
            headers.append('-H "Authorization: Bearer $TOKEN"')
    data = shlex.quote(json.dumps(body, ensure_ascii=False)[:MOST_SHOWN])
    return [
        Snippet(
            "curl", "curl", " \\\n  ".join([" ".join(words), *headers, f"--data-binary {data}"])
        )
    ]


def version(row: Invocation, tries: Sequence[Attempt]) -> str:
    """Changes whenever the page of the invocation would."""
    marks_of_time = (row.due_at, row.lease_until, row.completed_at)
    times = "-".join(f"{each.timestamp():.0f}" if each else "" for each in marks_of_time)
    return f"{row.state}-{row.attempts}-{len(tries)}-{times}"


def _exactly(at: datetime, words: str) -> str:
    """With the time to the millisecond, which tells attempts apart."""
    local = timezone.localtime(at)
    return " · ".join(filter(None, [f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}", words]))


def _began(row: Invocation) -> str:
    if row.is_test:
        return _("Test fired")
    if row.is_gate:
        return _("Question put")
    return _("Delivered once more") if row.replay_of else _("Event accepted")


def _from_where(row: Invocation) -> str:
    if row.is_test:
        return _("The filter let this payload through.")
    return row.trigger


def _attempt_title(row: Attempt) -> str:
    if row.outcome == Attempt.Outcome.SKIPPED:
        return _("Not sent")
    if row.outcome == Attempt.Outcome.ACCEPTED:
        return _("Attempt %(n)d accepted") % {"n": row.number}
    return _("Attempt %(n)d failed") % {"n": row.number}


def _attempt_detail(row: Attempt) -> str:
    if row.outcome == Attempt.Outcome.SKIPPED:
        return said(row.error)
    sentence = marks.attempt_sentence(row.outcome, row.status, row.duration_ms)
    why = said(row.error).rstrip(".") if row.status is None else ""
    return ". ".join(filter(None, [sentence, why]))


def _next_title(row: Invocation) -> str:
    number = row.attempts + 1
    if row.lease_until is not None:
        return _("Attempt %(n)d is being made") % {"n": row.attempts}
    left = marks.time_left(row.due_at)
    if not left:
        return _("Attempt %(n)d is due") % {"n": number}
    return _("Attempt %(n)d in %(time)s") % {"n": number, "time": left}


def _next_detail(row: Invocation) -> str:
    if row.kind != Kind.FIRE_AND_FORGET:
        return ""
    most = len(_schedule())
    left = most - row.attempts
    return ngettext("The last attempt.", "%(n)d attempts left.", left) % {"n": left}


def _schedule() -> Sequence[float]:
    return list(settings.TRIGGERS_RETRY_SCHEDULE)


def schedule_in_words(kind: str, mode: str) -> str:
    """When attempts are made, as one line."""
    if kind == Kind.REQUEST_RESPONSE:
        if mode == "SYNC":
            return _("Asked once: whoever waits cannot be held up.")
        return _("Up to %(n)d attempts within %(time)s.") % {
            "n": limits.MAX_ATTEMPTS_OF_QUESTIONS,
            "time": marks.duration(int(limits.QUESTION_SPAN.total_seconds())),
        }
    return ", ".join(marks.duration(int(each)) for each in _schedule())


def duration_of(row: Invocation) -> str:
    """From the event to the outcome."""
    if row.completed_at is None:
        return ""
    return marks.took(round((row.completed_at - row.created_at).total_seconds() * 1000))


def as_json(value: Any) -> str:
    """For a <pre>."""
    return json.dumps(value, indent=2, ensure_ascii=False)
