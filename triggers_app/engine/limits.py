"""The numbers of the engine in one place; those that an operator may change come from settings."""

from __future__ import annotations

import random
from datetime import timedelta

from django.conf import settings

# A worker that claims holds the row for longer than a request can take, whatever is set: the
# request has one deadline for all of it, and the rest is for signing and for a slow database.
LEASE_MARGIN = 20.0
MAX_ATTEMPTS_OF_QUESTIONS = 3
# Questions: seconds to the second and to the third attempt, all within the span.
QUESTION_DELAYS = (2.0, 8.0)
QUESTION_SPAN = timedelta(seconds=30)
JITTER = 0.2
LONGEST_RETRY_AFTER = 24 * 3600.0

THREADS = 48
GATE_THREADS = 8

OPEN_AFTER = 5  # failures in a row
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 600.0
# A question cannot wait, so its endpoint is tried again soon.
LONGEST_PAUSE_OF_QUESTIONS = 30.0


def timeout() -> float:
    """Seconds that one request may take."""
    return float(settings.TRIGGERS_SYNC_TIMEOUT)


def lease() -> timedelta:
    """How long a claimed row belongs to its worker."""
    return timedelta(seconds=timeout() + LEASE_MARGIN)


def delay(attempts: int) -> float | None:
    """Seconds to the attempt after ``attempts`` failed ones; None when it was the last."""
    schedule = settings.TRIGGERS_RETRY_SCHEDULE
    return spread(schedule[attempts]) if attempts < len(schedule) else None


def pause(opened: int, *, asks: bool) -> float:
    """Seconds that a circuit stays open when it opens for the ``opened``-th time in a row."""
    longest = LONGEST_PAUSE_OF_QUESTIONS if asks else LONGEST_PAUSE
    return spread(min(longest, FIRST_PAUSE * 2 ** min(opened - 1, 16)))


def spread(seconds: float) -> float:
    """The same, give or take a fifth: those that failed together shall not come back together."""
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 no secret hangs on it
