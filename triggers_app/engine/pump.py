"""The loop of a worker: dispatch, claim, launch, settle, until nothing is due or its time is up.

It may run in any number of workers at once, and it may die at any point: what it had claimed is due
again when the lease ends. Nothing is sent while a transaction is open.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID, uuid4

from django.utils import timezone

from triggers_app.engine import deadlines, settlement
from triggers_app.engine.claims import Claim, claim
from triggers_app.engine.crew import Flight, Sent, crew
from triggers_app.engine.dispatch import dispatch
from triggers_app.engine.preparing import prepare
from vaultportal.outbound import Rules, current_rules

SECONDS = 5.0
# How long a run waits for something to land before it looks for new work again.
POLL_SECONDS = 0.05
# What lands within this after the end of a run is still settled with the others.
LAST_SECONDS = 0.1
EXPIRE_EVERY = 1.0
LOOK_EVERY = 0.1


def run(*, gates_only: bool = False, seconds: float = SECONDS) -> bool:
    """Deliver what is due; whether the time was up before all of it was done.

    gates_only: for a worker of its own queue, which no backlog may hold up.
    """
    return _Run(gates_only=gates_only).go(time.monotonic() + seconds)


class _Run:
    def __init__(self, *, gates_only: bool) -> None:
        self._owner: UUID = uuid4()
        self._gates_only = gates_only
        self._flight = Flight(settlement.settle)
        self._rules: Rules = current_rules()
        self._tended_at = self._looked_at = float("-inf")
        # Whether more was due than could be sent: what lies in the outbox can wait then.
        self._crowded = False

    def go(self, until: float) -> bool:
        try:
            while time.monotonic() < until:
                moved = self._tend() + self._look() + self._deliver(gates=self._gates_only)
                if not moved and not self._flight.out:
                    return False
                self._settle(self._flight.collect(0 if moved else POLL_SECONDS))
            self._settle(self._flight.collect(LAST_SECONDS))
            return True
        finally:
            self._settle(self._flight.close())

    def _tend(self) -> int:
        """Once a second: what has ended by itself, and the rules as they are now."""
        now = time.monotonic()
        if now - self._tended_at < EXPIRE_EVERY:
            return 0
        self._tended_at = now
        self._rules = current_rules()
        return deadlines.expire() + deadlines.drop()

    def _look(self) -> int:
        """For gates, which go first, and for events; seldom while there is enough to deliver."""
        now = time.monotonic()
        if self._gates_only or (self._crowded and now - self._looked_at < LOOK_EVERY):
            return 0
        self._looked_at = now
        return self._deliver(gates=True) + dispatch()

    def _deliver(self, *, gates: bool) -> int:
        free = crew.free(gates=gates)
        claimed = claim(self._owner, free, gates=gates)
        if not gates:
            self._crowded = len(claimed) == free
        interrupted = [each for each in claimed if each.interrupted]
        if interrupted:
            settlement.settle_unsent(interrupted, timezone.now(), settlement.INTERRUPTED)
        self._launch([each for each in claimed if not each.interrupted])
        return len(claimed)

    def _launch(self, claims: Sequence[Claim]) -> None:
        for each, request in prepare(claims, timezone.now()):
            self._flight.launch(each, request, self._rules)

    def _settle(self, landed: Sequence[Sent]) -> None:
        if landed:
            settlement.settle(landed)
