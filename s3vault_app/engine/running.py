"""One run of one job: its steps, each looked up or made, begun and ended in rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from s3vault_app.drivers.base import EngineError, EngineUnreachable
from s3vault_app.drivers.hosts.base import HostError, HostLost
from s3vault_app.engine.board import Board, Stopped
from s3vault_app.engine.lease import Lease
from s3vault_app.engine.log import Log
from s3vault_app.models import Job, JobStep

WEIGHTS = {
    "preflight": 1,
    "ship": 5,
    "configure": 1,
    "start": 1,
    "health": 4,
    "bucket": 3,
    "identities": 1,
    "verify": 4,
    "writes": 2,
    "back": 4,
    "stop": 2,
    "remove": 2,
}
# Pauses between tries of a step whose machine or engine is away for a moment.
PAUSES = (0.5, 2.0)


class StepFailed(Exception):
    """A step came to its end without doing what it should; the message is for people."""


def raise_worst(faults: Sequence[BaseException]) -> None:
    """Of several faults a stop says the most, and a bug more than a failed step."""

    def weight(fault: BaseException) -> int:
        return 0 if isinstance(fault, Stopped) else 2 if isinstance(fault, StepFailed) else 1

    if faults:
        raise min(faults, key=weight)


@dataclass
class Outcome:
    """changed: something is now otherwise than it was. notes: for a later run, no secrets."""

    message: str
    changed: bool = False
    notes: dict[str, Any] = field(default_factory=dict)


class Run:
    """What flows and the threads of a job share."""

    def __init__(self, job: Job, lease: Lease) -> None:
        self.job = job
        self.lease = lease
        self.log = Log(job)
        self.board = Board(lease.tick, settings.S3VAULT_TICK_SECONDS)
        self._steps: dict[tuple[UUID | None, str], JobStep] = {
            (row.machine_id, row.name): row for row in job.steps.all()
        }
        self._shares: dict[tuple[UUID | None, str], float] = {}

    def plan(self, machine_id: UUID | None, names: list[str]) -> None:
        """These steps belong to the job, in this order; those of an earlier run are kept."""
        for name in names:
            key = (machine_id, name)
            if key not in self._steps:
                self._steps[key] = JobStep.objects.create(
                    job=self.job, machine_id=machine_id, name=name, position=len(self._steps)
                )
            self._shares.setdefault(key, 0.0)

    def data(self, machine_id: UUID | None, name: str) -> dict[str, Any]:
        """What the step noted, in this run or an earlier one."""
        step = self._steps.get((machine_id, name))
        return step.data if step else {}

    def changed(self, machine_id: UUID | None, name: str) -> bool:
        """Whether this job did something there; a step that a death broke off counts as one."""
        step = self._steps.get((machine_id, name))
        return bool(step and (step.changed or step.state == JobStep.State.RUNNING))

    def begun(self, machine_id: UUID | None, name: str) -> bool:
        """Whether this job came to the step, in this run or an earlier one, and it still counts."""
        step = self._steps.get((machine_id, name))
        return bool(step and step.state not in (JobStep.State.WAITING, JobStep.State.UNDONE))

    def step(
        self,
        machine_id: UUID | None,
        name: str,
        act: Callable[[], Outcome],
        *,
        again: Callable[[], None] | None = None,
    ) -> Outcome:
        """Called by threads: look whether to go on, act, and note what came of it.

        again: called before another try, when the machine or the engine was away.

        Raises:
            Stopped; StepFailed.
        """
        step = self._steps[(machine_id, name)]
        self.board.check()
        self.board.ask(lambda: self._begin(step))
        try:
            outcome = self._tried(act, again)
        except (HostError, EngineError) as fault:
            message = str(fault)
            self.board.ask(lambda: self.log.end(step, JobStep.State.FAILED, message))
            raise StepFailed(message) from fault
        step.changed = step.changed or outcome.changed
        step.data = step.data | outcome.notes
        self.board.ask(lambda: self._done(step, outcome.message))
        return outcome

    def undone(self, machine_id: UUID | None, name: str, message: str) -> None:
        """A rollback took back what the step did."""
        step = self._steps[(machine_id, name)]
        step.changed = False
        self.board.ask(lambda: self.log.end(step, JobStep.State.UNDONE, message))

    def within(self, machine_id: UUID | None, name: str, share: float) -> None:
        """How much of a long step is done; also where such a step may be stopped."""
        self.board.check()
        before = self._shares.get((machine_id, name), 0.0)
        if share - before > 0.1:
            self._shares[machine_id, name] = share
            self.board.ask(lambda: self.log.progress(self._share()))

    def _tried(self, act: Callable[[], Outcome], again: Callable[[], None] | None) -> Outcome:
        for pause in PAUSES:
            try:
                return act()
            except (HostLost, EngineUnreachable):
                self.board.check()
                # Not to wait for something to happen, but to give what is away some time.
                threading.Event().wait(pause)
                self.board.check()
                if again is not None:
                    again()
        return act()

    def _begin(self, step: JobStep) -> None:
        """A stop that was asked for before the step, and a lease that is lost, hold it back."""
        self.board.look()
        self.log.begin(step)

    def _done(self, step: JobStep, message: str) -> None:
        self.log.end(step, JobStep.State.OK, message)
        self._shares[step.machine_id, step.name] = 1.0
        self.log.progress(self._share())

    def _share(self) -> float:
        whole = sum(WEIGHTS.get(name, 1) for _, name in self._shares)
        done = sum(WEIGHTS.get(name, 1) * share for (_, name), share in self._shares.items())
        return done / whole if whole else 0.0
