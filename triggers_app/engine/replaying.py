"""Delivering once more: one, or all of a choice, as rows that a lost worker leaves to the next.

Each becomes a new invocation with an id of its own, so that subscribers take it for new. Questions
are not put again: their answers were good for one operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from triggers_app.engine import ringing
from triggers_app.invoking import new_invocation
from triggers_app.models import Invocation, Kind, ReplayJob, Subscription
from triggers_app.permissions import InvocationPermission
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

BATCH = 500
LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
GAVE_UP = "Its worker was lost again and again."
MOST_ATTEMPTS, MOST_MS = 2**15 - 1, 2**31 - 1
# Between them a moment can be told in every zone, and read back from the database.
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
FINAL = ("completed", "failed", "expired", "skipped")
State = ReplayJob.State


@dataclass(frozen=True, slots=True)
class Choice:
    """What to replay. since, until: of creation; the others: None, "", () and 0 are any.

    least_attempts, least_ms: what each took at least, the time to its outcome.
    """

    since: datetime | None = None
    until: datetime | None = None
    trigger: str = ""
    subscription_id: UUID | None = None
    states: Sequence[str] = ()
    least_attempts: int = 0
    least_ms: int = 0


@trail.unit()
def replay_one(actor: Actor, invocation_id: UUID) -> Invocation:
    """Deliver one invocation once more, at once.

    Raises:
        NotFound: there is none that the actor may replay.
        Conflict: it has no outcome yet, was a question, or its subscription is off or gone.
    """
    found = access.get(
        actor, InvocationPermission.REPLAY, Invocation.objects.all(), pk=invocation_id
    )
    subscription = Subscription.objects.filter(pk__in=[found.subscription_id], enabled=True).first()
    usable = found.completed_at is not None and found.kind == Kind.FIRE_AND_FORGET
    if subscription is None or not usable:
        raise Conflict("invocation", "This cannot be delivered once more.", reason="replay.refused")
    made = new_invocation(subscription, found.input, timezone.now(), replay_of=found.pk)
    made.save(force_insert=True)
    trail.record(actor, "invocation.replay", trail.Target("invocation", str(found.pk)))
    transaction.on_commit(ringing.ring, robust=True)
    return made


@trail.unit()
def start(actor: Actor, choice: Choice) -> ReplayJob:
    """Deliver all that is chosen once more, in the background.

    Raises:
        Forbidden: the actor may not replay.
        Invalid: a state that does not exist, an end before ``EARLIEST`` or after ``LATEST``, or a
            time range that ends before it begins.
    """
    access.require(actor, InvocationPermission.REPLAY, Invocation)
    if any(state not in FINAL for state in choice.states):
        raise Invalid(faults=(Fault("states", "choice", "must be states of outcomes"),))
    beyond = tuple(
        Fault(name, "range", f"must be {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}")
        for name, at in (("since", choice.since), ("until", choice.until))
        if at is not None and not EARLIEST <= at <= LATEST
    )
    if beyond:
        raise Invalid(faults=beyond)
    if choice.since and choice.until and choice.until <= choice.since:
        raise Invalid(faults=(Fault("until", "range", "must be after since"),))
    job = ReplayJob.objects.create(
        author_id=actor.user_id,
        since=choice.since,
        until=choice.until,
        trigger=choice.trigger,
        subscription_id=choice.subscription_id,
        states=list(choice.states),
        least_attempts=choice.least_attempts,
        least_ms=choice.least_ms,
    )
    trail.record(actor, "replay.start", trail.Target("replay", str(job.pk)))
    transaction.on_commit(ringing.ring_replays, robust=True)
    return job


def open_jobs() -> list[UUID]:
    """Those that nobody works on now."""
    rows = ReplayJob.objects.filter(state__in=[State.QUEUED, State.RUNNING])
    free = rows.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))
    return list(free.order_by("created_at").values_list("pk", flat=True))


def run(job_id: UUID) -> None:
    """Work a job off from where it is. Safe to run twice, late or beside itself."""
    worker = uuid4()
    job = _claim(job_id, worker)
    while job is not None:
        if job.attempts > MAX_ATTEMPTS:
            _finish(job, State.FAILED, GAVE_UP)
            return
        job = _batch(job)
        ringing.ring()


def _claim(job_id: UUID, worker: UUID) -> ReplayJob | None:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    rows = ReplayJob.objects.filter(free, pk=job_id, state__in=[State.QUEUED, State.RUNNING])
    taken = rows.update(
        state=State.RUNNING, lease_until=now + LEASE, leased_by=worker, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    job = ReplayJob.objects.get(pk=job_id)
    if job.started_at is None:
        job.started_at = now
        # What comes after the beginning is not replayed, its own replays above all.
        job.until = min(job.until or now, now)
        job.total = _chosen(job).count()
        job.save(update_fields=["started_at", "until", "total"])
    return job


def _batch(job: ReplayJob) -> ReplayJob | None:
    """The next rows and how far it is, together; None when that was the end."""
    with transaction.atomic():
        mine = ReplayJob.objects.filter(pk=job.pk, leased_by=job.leased_by, state=State.RUNNING)
        found = mine.select_for_update().first()
        if found is None:  # its lease ran out, and another worker goes on
            return None
        job = found
        rows = list(_rest(job)[:BATCH])
        if not rows:
            _finish(job, State.DONE, "")
            return None
        subscriptions = Subscription.objects.filter(enabled=True).in_bulk(
            {row.subscription_id for row in rows}
        )
        now = timezone.now()
        made = [
            new_invocation(
                subscriptions[row.subscription_id],
                row.input,
                now,
                replay_of=row.pk,
                replay_job_id=job.pk,
            )
            for row in rows
            if row.subscription_id in subscriptions
        ]
        Invocation.objects.bulk_create(made, ignore_conflicts=True)
        job.cursor, job.done = rows[-1].pk, job.done + len(rows)
        job.lease_until, job.attempts = now + LEASE, 1
        job.save(update_fields=["cursor", "done", "lease_until", "attempts"])
    return job


def _chosen(job: ReplayJob) -> QuerySet[Invocation]:
    """Outcomes of what was told, tests and replays aside, oldest first."""
    rows = Invocation.objects.at_least(job.least_attempts, job.least_ms).filter(
        kind=Kind.FIRE_AND_FORGET,
        is_test=False,
        replay_of=None,
        state__in=job.states or FINAL,
        created_at__lt=job.until,
    )
    if job.since is not None:
        rows = rows.filter(created_at__gte=job.since)
    if job.trigger:
        rows = rows.filter(trigger=job.trigger)
    if job.subscription_id is not None:
        rows = rows.filter(subscription_id=job.subscription_id)
    return rows.order_by("pk")


def _rest(job: ReplayJob) -> QuerySet[Invocation]:
    rows = _chosen(job)
    return rows.filter(pk__gt=job.cursor) if job.cursor else rows


def _finish(job: ReplayJob, state: ReplayJob.State, failure: str) -> None:
    job.state, job.failure, job.finished_at = state, failure, timezone.now()
    job.lease_until = job.leased_by = None
    job.save(update_fields=["state", "failure", "finished_at", "lease_until", "leased_by"])
