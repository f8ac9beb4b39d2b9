"""Outcomes: one conditional update, so of all who come one wins, and what is written stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from triggers_app import signals
from triggers_app.models import Invocation

DEADLINE_PASSED = "No answer came before the deadline."
State = Invocation.State


def complete(
    rows: QuerySet[Invocation], invocation_id: UUID, at: datetime, output: Any = None
) -> bool:
    """Write the success of one open invocation among ``rows``; whether this call did it.

    rows: what must still be so, as ``Invocation.objects.filter(leased_by=mine)``.
    """
    return _settle(rows.filter(pk=invocation_id), at, state=State.COMPLETED, output=output) == 1


def fail(
    rows: QuerySet[Invocation],
    at: datetime,
    message: str,
    *,
    state: Invocation.State = State.FAILED,
    locale: str = "en-US",
) -> int:
    """Write a failure, expiry or skip of all open invocations among ``rows``; how many it was."""
    return _settle(rows, at, state=state, error_message=message, error_locale=locale)


def expire(invocation_ids: Iterable[UUID], at: datetime) -> int:
    """Write the expiry of those whose deadline has passed; how many it was."""
    late = Invocation.objects.filter(pk__in=list(invocation_ids), deadline__lte=at)
    return fail(late, at, DEADLINE_PASSED, state=State.EXPIRED)


def in_time(at: datetime) -> QuerySet[Invocation]:
    """What may still be answered."""
    return Invocation.objects.filter(Q(deadline=None) | Q(deadline__gt=at))


@transaction.atomic
def _settle(rows: QuerySet[Invocation], at: datetime, **outcome: Any) -> int:
    open_rows = rows.filter(state__in=Invocation.OPEN)
    gates = list(open_rows.filter(is_gate=True).select_for_update().values_list("pk", flat=True))
    written = open_rows.update(
        due_at=None, lease_until=None, leased_by=None, secret=None, completed_at=at, **outcome
    )
    if gates:
        signals.settled.send(Invocation, ids=gates)
    return written
