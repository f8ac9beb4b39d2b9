"""What a job says of itself: lines without secrets, and steps with their state."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from s3vault_app.models import Job, JobEvent, JobStep

# Long runs of letters and digits are keys and digests: nothing that a person reads in a log.
_LIKE_A_SECRET = re.compile(r"[A-Za-z0-9+]{32,}")
_SHORTEST = 6
MASK = "•••"


class Log:
    """The log of one job. secrets: values that must not be in it, whatever machines answer."""

    def __init__(self, job: Job, secrets: Iterable[str] = ()) -> None:
        self._job = job
        self._secrets = {each for each in secrets if each and len(each) >= _SHORTEST}

    def conceal(self, secrets: Iterable[str]) -> None:
        """Mask these too from now on."""
        self._secrets |= {each for each in secrets if each and len(each) >= _SHORTEST}

    def masked(self, text: str) -> str:
        """The text without secrets and without what looks like one."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _LIKE_A_SECRET.sub(MASK, text)

    def say(
        self,
        text: str,
        *,
        machine_id: UUID | None = None,
        step: str = "",
        severity: JobEvent.Severity = JobEvent.Severity.INFO,
    ) -> None:
        """One line."""
        percent = Job.objects.values_list("percent", flat=True).get(pk=self._job.pk)
        JobEvent.objects.create(
            job=self._job,
            machine_id=machine_id,
            step=step,
            severity=severity,
            percent=percent,
            text=self.masked(text)[:1000],
        )

    def begin(self, step: JobStep) -> None:
        """The step runs, from now; what it does may have been done when this worker dies."""
        step.state, step.attempt = JobStep.State.RUNNING, step.attempt + 1
        step.started_at, step.finished_at, step.message = timezone.now(), None, ""
        step.save()
        Job.objects.filter(pk=self._job.pk).update(phase=step.name, updated_at=timezone.now())

    def end(self, step: JobStep, state: JobStep.State, message: str) -> None:
        """The step is over; a step that changed something once stays one that did."""
        step.state, step.message = state, self.masked(message)[:450]
        step.finished_at = timezone.now()
        step.save()
        failed = state == JobStep.State.FAILED
        severity = JobEvent.Severity.MAJOR if failed else JobEvent.Severity.INFO
        self.say(
            f"{step.name}: {message}",
            machine_id=step.machine_id,
            step=step.name,
            severity=severity,
        )

    def progress(self, share: float) -> None:
        """share: of the whole job, 0 to 1. It never falls, and 100 is for jobs that are done."""
        Job.objects.filter(pk=self._job.pk).update(
            percent=Greatest(F("percent"), Value(min(99, int(share * 100)))),
            updated_at=timezone.now(),
        )
