"""What can be looked at of triggers: subscriptions, statuses for the wire, and the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone

from triggers_app import rights
from triggers_app.models import Attempt, Invocation, ReplayJob, Subscription
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from vaultportal.errors import NotFound
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


def list_subscriptions(actor: Actor) -> QuerySet[Subscription]:
    """Those that the actor may see, with ``trigger_name``; Forbidden for who may see none."""
    rights.reach(actor, SubscriptionPermission.VIEW)
    names = [When(trigger=each.id, then=Value(each.name)) for each in catalog.every()]
    rows = Subscription.objects.annotate(trigger_name=Case(*names, default="trigger"))
    return access.permitted(actor, SubscriptionPermission.VIEW, rows)


def get_subscription(actor: Actor, subscription_id: str) -> Subscription:
    """One subscription with its health.

    Raises:
        NotFound, Forbidden: as ``rights.find``.
    """
    row = rights.find(actor, SubscriptionPermission.VIEW, subscription_id)
    return Subscription.objects.select_related("health").get(pk=row.pk)


def list_statuses(actor: Actor, condition: Q) -> QuerySet[Invocation]:
    """The newest invocations for which ``condition`` holds, as far as the wire reaches back.

    In flight whatever their age, successes of a day and failures of two (by the setting), never
    more than its number of rows. Forbidden without the right.
    """
    access.require(actor, InvocationPermission.VIEW, Invocation)
    now = timezone.now()
    rows = Invocation.objects.filter(condition, subscription__isnull=False)
    success = timedelta(hours=settings.TRIGGERS_STATUS_SUCCESS_HOURS)
    failure = timedelta(hours=settings.TRIGGERS_STATUS_FAILURE_HOURS)
    most = settings.TRIGGERS_STATUS_ROWS
    # Each along an index of its own; keys are in the order of time.
    done = rows.filter(pk__gte=first_id(now - max(success, failure))).filter(
        Q(state__in=["failed", "expired"], created_at__gte=now - failure)
        | Q(state="completed", created_at__gte=now - success)
    )
    newest = [
        *done.order_by("-pk").values_list("pk", flat=True)[:most],
        *rows.open().order_by("-pk").values_list("pk", flat=True)[:most],
    ]
    return Invocation.objects.filter(pk__in=sorted(newest, reverse=True)[:most]).defer("secret")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which invocations of the log; None and [] are any.

    before: the last id of the page before.
    is_test: tests, or none of them; None is both.
    least_attempts, least_ms: what each took at least, the time to its outcome; 0 is any.
    """

    subscription_id: UUID | None = None
    trigger: str = ""
    states: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None
    is_test: bool | None = None
    least_attempts: int = 0
    least_ms: int = 0

    def behind(self, cursor: UUID | None) -> LogFilter:
        """The same, as far as it is older than ``cursor``."""
        return replace(self, before=cursor)


def list_log(actor: Actor, chosen: LogFilter, limit: int) -> list[Invocation]:
    """A page of the log, newest first; Forbidden without the right."""
    return list(log(actor, chosen).order_by("-pk")[:limit])


def log(actor: Actor, chosen: LogFilter) -> QuerySet[Invocation]:
    """What ``list_log`` takes its pages from; Forbidden without the right."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    rows = Invocation.objects.at_least(chosen.least_attempts, chosen.least_ms)
    rows = rows.defer("secret", "input", "content_json")
    if chosen.subscription_id is not None:
        rows = rows.filter(subscription_id=chosen.subscription_id)
    if chosen.trigger:
        rows = rows.filter(trigger=chosen.trigger)
    if chosen.states:
        rows = rows.filter(state__in=chosen.states)
    if chosen.since is not None:
        rows = rows.filter(pk__gte=first_id(chosen.since))
    if chosen.until is not None:
        rows = rows.filter(pk__lt=first_id(chosen.until))
    if chosen.is_test is not None:
        rows = rows.filter(is_test=chosen.is_test)
    if chosen.before is not None:
        rows = rows.filter(pk__lt=chosen.before)
    return rows


def get_invocation(actor: Actor, invocation_id: UUID) -> tuple[Invocation, list[Attempt]]:
    """One row of the log with its attempts, the first one first.

    Raises:
        Forbidden: without the right.
        NotFound: there is none.
    """
    access.require(actor, InvocationPermission.VIEW, Invocation)
    row = Invocation.objects.defer("secret").filter(pk=invocation_id).first()
    if row is None:
        raise NotFound("invocation")
    return row, list(row.tries.order_by("number", "pk"))


def list_replays(actor: Actor) -> QuerySet[ReplayJob]:
    """All replays, newest first; Forbidden without the right to look at the log."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    return ReplayJob.objects.order_by("-pk")


def get_replay(actor: Actor, job_id: UUID) -> ReplayJob:
    """One replay; NotFound when there is none, Forbidden as above."""
    job = list_replays(actor).filter(pk=job_id).first()
    if job is None:
        raise NotFound("replay")
    return job


def first_id(at: datetime) -> UUID:
    """The lowest UUIDv7 of a millisecond."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80)
