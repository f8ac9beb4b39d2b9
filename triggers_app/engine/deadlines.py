"""What ends without an answer: deadlines that have passed, and what nobody can be told any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from triggers_app import settling
from triggers_app.engine import bulk, log
from triggers_app.models import Attempt, Invocation, Subscription

BATCH = 500
NOT_SUBSCRIBED = "The subscription was disabled or deleted before this was delivered."


def expire() -> int:
    """Expire a batch of what is past its deadline; how many it was."""
    now = timezone.now()
    with transaction.atomic():
        late = Invocation.objects.open().filter(deadline__lte=now).order_by("deadline")
        return settling.expire(_locked(late), now)


def drop() -> int:
    """Skip a batch of what has no enabled subscription any more; how many it was."""
    now = timezone.now()
    enabled = Subscription.objects.filter(pk=OuterRef("subscription_id"), enabled=True)
    known = Subscription.objects.filter(pk=OuterRef("subscription_id"))
    due = Invocation.objects.filter(state=Invocation.State.QUEUED, due_at__lte=now)
    orphans = due.filter(~Exists(known)) | due.filter(~Exists(enabled), is_test=False)
    with transaction.atomic():
        rows = orphans.order_by("due_at").select_for_update(skip_locked=True, of=("self",))
        found = list(rows[:BATCH])
        return _skip(found, now)


def _skip(rows: list[Invocation], at: datetime) -> int:
    bulk.add_attempts(Attempt(**log.unsent(row, at, NOT_SUBSCRIBED)) for row in rows)
    skipped = Invocation.State.SKIPPED
    chosen = Invocation.objects.filter(pk__in=[row.pk for row in rows])
    return settling.fail(chosen, at, NOT_SUBSCRIBED, state=skipped)


def _locked(rows: QuerySet[Invocation]) -> list[UUID]:
    return list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:BATCH])
