"""Rows of work that workers take: by one conditional UPDATE, so that one worker wins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

LEASE = timedelta(minutes=2)
QUEUED, RUNNING = "queued", "running"

Work = TypeVar("Work", bound=models.Model)


class ClaimedQuerySet(models.QuerySet[Work]):
    """Rows with ``state``, ``lease_until`` and ``attempts``.

    A number of attempts belongs to one claim: who finds another number has lost the work.
    """

    def due(self) -> Self:
        """Queued ones, and those whose worker was lost."""
        lost = Q(state=RUNNING, lease_until__lt=timezone.now())
        return self.filter(Q(state=QUEUED) | lost)

    def unfinished(self) -> Self:
        """Whatever is still to be done, by this worker or another."""
        return self.filter(state__in=[QUEUED, RUNNING])

    def claimed(self, row_id: UUID, attempts: int) -> Self:
        """The row, as long as no other worker has claimed it since, nor anybody cancelled it."""
        return self.filter(pk=row_id, state=RUNNING, attempts=attempts)

    def claim(self, row_id: str, **changes: Any) -> bool:
        """Take the work, or learn that another worker has it. changes: of the row, with it."""
        taken = (
            self.due()
            .filter(pk=row_id)
            .update(
                state=RUNNING,
                lease_until=timezone.now() + LEASE,
                attempts=F("attempts") + 1,
                **changes,
            )
        )
        return taken == 1
