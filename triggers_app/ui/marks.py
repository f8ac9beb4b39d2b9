"""States as pages show them: a colour, a word, an icon; and what there is to say about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triggers_app.models import Attempt, Invocation, Pending, Subscription, SubscriptionHealth
from triggers_app.standings import Failure

Circuit = SubscriptionHealth.Circuit
State = Invocation.State
Outcome = Attempt.Outcome


@dataclass(frozen=True, slots=True)
class Mark:
    """A state tag. icon: "" for the one of the state."""

    state: str
    word: str
    icon: str = ""


def of_subscription(row: Subscription) -> Mark:
    """Whether it delivers; its health comes with it."""
    health = row.health
    if not row.enabled:
        return Mark("bad", _("Switched off")) if row.disabled_reason else Mark("idle", _("Off"))
    if health.circuit == Circuit.OPEN:
        return Mark("bad", _("Paused"), "player-pause")
    if health.circuit == Circuit.HALF_OPEN or health.consecutive_failures:
        return Mark("warn", _("Failing"))
    if health.last_success_at is None:
        return Mark("idle", _("Not used yet"))
    return Mark("ok", _("Working"))


def why_off(row: Subscription) -> str:
    """What the portal did to it, and what to do next; "" when it did nothing."""
    health = row.health
    if row.disabled_reason == Subscription.Disabled.GONE:
        return _(
            "The portal switched it off: the endpoint said that it is gone. "
            "Correct the address, fire a test, then switch it on."
        )
    if row.disabled_reason == Subscription.Disabled.FAILING:
        return _(
            "The portal switched it off: it failed for too long. "
            "Fire a test, and switch it on when that goes well."
        )
    if row.enabled and health.circuit == Circuit.OPEN:
        return ngettext(
            "Nothing is sent for a while: the last delivery failed.",
            "Nothing is sent for a while: the last %(n)d deliveries failed.",
            health.consecutive_failures,
        ) % {"n": health.consecutive_failures}
    return ""


def needs_test(row: Subscription) -> bool:
    """Whether switching it on would send to an endpoint that failed last."""
    health = row.health
    failed = health.last_failure_at
    worked = health.last_success_at
    last_failed = failed is not None and (worked is None or worked < failed)
    return not row.enabled and (bool(row.disabled_reason) or last_failed)


def of_invocation(row: Invocation) -> Mark:
    """How far it is."""
    if row.state == State.WAITING:
        return Mark("run", _("Waiting for its answer"), "hourglass")
    if row.state == State.QUEUED:
        if row.lease_until is not None and row.lease_until > timezone.now():
            return Mark("run", _("Being sent"))
        return (
            Mark("warn", _("Retrying"), "clock")
            if row.attempts
            else Mark("run", _("Queued"), "clock")
        )
    return {
        State.COMPLETED.value: Mark("ok", _("Completed")),
        State.FAILED.value: Mark("bad", _("Failed")),
        State.EXPIRED.value: Mark("bad", _("Expired"), "hourglass"),
    }.get(row.state, Mark("idle", _("Skipped")))


def of_attempt(row: Attempt) -> str:
    """The colour of an attempt."""
    if row.outcome == Outcome.ACCEPTED:
        return "ok"
    return "idle" if row.outcome == Outcome.SKIPPED else "bad"


def of_pending(row: Pending) -> Mark:
    """How a question stands."""
    word = str(row.get_state_display())
    if row.state == Pending.State.WAITING:
        return Mark("warn", word, "hourglass")
    if row.state in (Pending.State.ALLOWED, Pending.State.USED):
        return Mark("ok", word)
    if row.state in (Pending.State.DENIED, Pending.State.VOID):
        return Mark("bad", word)
    return Mark("idle", word)


def took(milliseconds: int | None) -> str:
    """A duration as people say it; "" when there is none."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return _("%(n)d ms") % {"n": milliseconds}
    return _("%(n)s s") % {"n": f"{milliseconds / 1000:.1f}"}


def attempt_sentence(outcome: str, status: int | None, milliseconds: int | None) -> str:
    """What came of an attempt: "503 after 1.9 s"."""
    time = took(milliseconds)
    if status is not None and time:
        return _("%(status)d after %(time)s") % {"status": status, "time": time}
    if outcome == Outcome.TIMEOUT and time:
        return _("timed out after %(time)s") % {"time": time}
    word = str(Outcome(outcome).label) if outcome in Outcome.values else outcome
    return _("%(word)s after %(time)s") % {"word": word, "time": time} if time else word


def failure_sentence(failure: Failure | None) -> str:
    """The last failure; "" when there was none."""
    if failure is None:
        return ""
    return attempt_sentence(failure.outcome, failure.status, failure.milliseconds)


def time_left(until: datetime | None) -> str:
    """How long until a moment, as "42 min"; "" when it has passed or there is none."""
    if until is None:
        return ""
    seconds = int((until - timezone.now()).total_seconds())
    if seconds <= 0:
        return ""
    for size, words in ((86_400, _("%(n)d d")), (3600, _("%(n)d h")), (60, _("%(n)d min"))):
        if seconds >= 2 * size:
            return words % {"n": seconds // size}
    return _("%(n)d s") % {"n": seconds}


def duration(seconds: int) -> str:
    """A whole duration in its largest even unit: "1 h", "90 min"."""
    for size, words in ((86_400, _("%(n)d d")), (3600, _("%(n)d h")), (60, _("%(n)d min"))):
        if seconds % size == 0 and seconds:
            return words % {"n": seconds // size}
    return _("%(n)d s") % {"n": seconds}
