"""Slows the guessing of credentials: by principal, by address, and by both together.

Only failures are counted, so a machine may log in as often as it likes. What is counted is a row,
not a cache entry: a restart or a flushed broker gives nobody a fresh start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from vaultportal.crypto.blind_index import hmac_digest
from vaultportal.directory import options
from vaultportal.directory.models import GuessCounter
from vaultportal.errors import TooMany

WINDOW = timedelta(minutes=15)
# One principal from one address; one address whoever it tries; one principal wherever it is tried.
PER_PAIR, PER_ADDRESS, PER_SUBJECT = 10, 100, 100
# Of one address where secrets are generated: a machine with an old secret tries without end, and
# must not shut out the others behind the same address.
PER_ADDRESS_OF_MACHINES = 1000

_COUNT = """
INSERT INTO directory_guesscounter AS counter (kind, subject, address, failures, ends_at)
VALUES {rows}
ON CONFLICT (kind, subject, address) DO UPDATE SET
  failures = CASE WHEN counter.ends_at <= %s THEN 1 ELSE counter.failures + 1 END,
  ends_at = CASE WHEN counter.ends_at <= %s THEN EXCLUDED.ends_at ELSE counter.ends_at END
"""


@dataclass(frozen=True, slots=True)
class Guess:
    """Whose credential is tried, and from where.

    kind: which door ("oauth", "password").
    principal: what was typed as the name; never stored. "" when the door knows none.
    address: the caller's IP address, "" when there is none.
    generated: the credential is a random secret, which nobody guesses. To shut its principal
        everywhere would only help whoever wants it shut.
    """

    kind: str
    principal: str = ""
    address: str = ""
    generated: bool = False

    def counters(self) -> list[tuple[bytes, str, int]]:
        """(subject, address, limit) of each counter that a failure raises, in a fixed order."""
        subject = (
            hmac_digest("guess", self.principal.casefold().encode()) if self.principal else b""
        )
        found = []
        if self.address:
            most = PER_ADDRESS_OF_MACHINES if self.generated else PER_ADDRESS
            found.append((b"", self.address, most))
        if subject and not self.generated:
            found.append((subject, "", PER_SUBJECT))
        if subject and self.address:
            found.append((subject, self.address, PER_PAIR))
        return sorted(found)  # the same order for all, so that two failures cannot deadlock


def check(guess: Guess) -> bool:
    """Whether there were failures lately; TooMany when there were so many that none may be tried.

    Asked before the credential is looked at: a right one is refused too, or the limit would tell.
    """
    if not options.get(options.LOGIN_THROTTLE):
        return False
    now = timezone.now()
    limits = {(subject, address): limit for subject, address, limit in guess.counters()}
    found = _live(guess, now)
    shut = [
        ends for subject, address, failures, ends in found if failures >= limits[subject, address]
    ]
    if shut:
        seconds = int((max(shut) - now).total_seconds()) + 1
        raise TooMany("credential", reason="throttled", retry_after=seconds)
    return bool(found)


def _live(guess: Guess, now: datetime) -> list[tuple[bytes, str, int, datetime]]:
    wanted = {(subject, address) for subject, address, _ in guess.counters()}
    rows = GuessCounter.objects.filter(
        kind=guess.kind,
        subject__in={subject for subject, _ in wanted},
        address__in={address for _, address in wanted},
        ends_at__gt=now,
    ).values_list("subject", "address", "failures", "ends_at")
    return [
        (bytes(subject), address, failures, ends)
        for subject, address, failures, ends in rows
        if (bytes(subject), address) in wanted
    ]


def count(guess: Guess) -> None:
    """Note a failure. Outside of the transaction that failed, or it would be undone with it."""
    counters = guess.counters()
    if not counters:
        return
    now = timezone.now()
    values: list[Any] = []
    for subject, address, _ in counters:
        values += [guess.kind, subject, address, 1, now + WINDOW]
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(counters))
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(rows=rows), [*values, now, now])


def forget(guess: Guess) -> None:
    """A success: the principal's counters go, the address's stays."""
    if not guess.principal:
        return
    subject = hmac_digest("guess", guess.principal.casefold().encode())
    GuessCounter.objects.filter(
        kind=guess.kind, subject=subject, address__in=["", guess.address]
    ).delete()


def sweep() -> int:
    """Delete counters whose window is over; how many."""
    return GuessCounter.objects.filter(ends_at__lte=timezone.now()).delete()[0]
