"""What the pages look up beside ``selectors``: choices of subscriptions, what belongs together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from triggers_app.engine.replaying import FINAL, Choice
from triggers_app.models import (
    Gate,
    Invocation,
    Kind,
    Pending,
    ReplayJob,
    Subscription,
    SubscriptionHealth,
)
from triggers_app.permissions import GatePermission, InvocationPermission, SubscriptionPermission
from triggers_app.selectors import first_id, list_subscriptions
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

MOST_NAMED = 200  # a menu that somebody reads; further ones are chosen from their own page


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """Which subscriptions; "" is any. words: of name or address.

    state: ``working`` (on, and nothing failed last), ``failing`` (on or switched off by the portal,
    the last delivery failed), ``off``.
    """

    words: str = ""
    trigger: str = ""
    state: str = ""


def choose_subscriptions(actor: Actor, chosen: SubscriptionFilter) -> QuerySet[Subscription]:
    """Those of ``list_subscriptions`` that are chosen, with their health, by name."""
    rows = list_subscriptions(actor).select_related("health")
    if chosen.words:
        rows = rows.filter(Q(name__icontains=chosen.words) | Q(url__icontains=chosen.words))
    if chosen.trigger:
        rows = rows.filter(trigger=chosen.trigger)
    failing = Q(health__consecutive_failures__gt=0) | ~Q(disabled_reason="")
    conditions = {
        "working": Q(enabled=True) & ~failing,
        "failing": failing,
        "off": Q(enabled=False),
    }
    if chosen.state in conditions:
        rows = rows.filter(conditions[chosen.state])
    return rows.order_by("name", "pk")


def replayable(actor: Actor, choice: Choice) -> QuerySet[Invocation]:
    """What a replay of ``choice`` would deliver once more: outcomes of what was told.

    Forbidden without the right to deliver once more.
    """
    access.require(actor, InvocationPermission.REPLAY, Invocation)
    rows = Invocation.objects.at_least(choice.least_attempts, choice.least_ms).filter(
        kind=Kind.FIRE_AND_FORGET,
        is_test=False,
        replay_of=None,
        state__in=choice.states or FINAL,
    )
    if choice.since is not None:
        rows = rows.filter(created_at__gte=choice.since, pk__gte=first_id(choice.since))
    if choice.until is not None:
        rows = rows.filter(created_at__lt=choice.until)
    if choice.trigger:
        rows = rows.filter(trigger=choice.trigger)
    if choice.subscription_id is not None:
        rows = rows.filter(subscription_id=choice.subscription_id)
    return rows


def named_subscriptions(actor: Actor) -> list[tuple[UUID, str]]:
    """Ids and names of those that the log tells of, by name, for who may look at it."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    rows = Subscription.objects.order_by("name", "pk").values_list("pk", "name")
    return list(rows[:MOST_NAMED])


def named_roles(actor: Actor) -> list[tuple[UUID, str]]:
    """Ids and names of all live roles, by name: no secret among those signed in.

    Their members are not counted, which takes a look at every membership that there is.
    """
    return list(Role.objects.live().order_by("name").values_list("uuid", "name"))


def subscription_of(actor: Actor, row: Invocation) -> Subscription | None:
    """Where an invocation of the log goes, unless it was deleted since."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    rows = Subscription.objects.defer("credential", "signing_secret", "previous_signing_secret")
    return rows.filter(pk__in=[row.subscription_id]).first()


def answering(actor: Actor, triggers: Collection[str]) -> dict[str, Subscription]:
    """The subscriptions that answer the questions of ``triggers``, for who may see gates."""
    access.require(actor, GatePermission.VIEW, Gate)
    rows = Subscription.objects.filter(trigger__in=triggers, kind=Kind.REQUEST_RESPONSE)
    return {row.trigger: row for row in rows.select_related("health")}


def waits_for(actor: Actor, invocation_id: UUID) -> Pending | None:
    """The operation that waits for an invocation; the caller may look at the log."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    return Pending.objects.filter(invocation_id=invocation_id).first()


def answered_test_since(actor: Actor, subscription: Subscription, at: datetime) -> bool:
    """Whether a test of this subscription has gone well since."""
    tests = Invocation.objects.filter(subscription_id=subscription.pk, is_test=True)
    since = tests.filter(pk__gte=first_id(at), completed_at__gte=at)
    return since.filter(state=Invocation.State.COMPLETED).exists()


def in_flight(actor: Actor, subscription: Subscription) -> int:
    """How many deliveries of a subscription, which the actor may see, have no outcome yet."""
    return Invocation.objects.open().filter(subscription_id=subscription.pk).count()


def subscribers(actor: Actor) -> dict[str, int]:
    """How many subscriptions each trigger has that the actor may see; one statement."""
    rows = access.permitted(actor, SubscriptionPermission.VIEW, Subscription.objects.all())
    counted = rows.order_by().values_list("trigger").annotate(Count("pk"))
    return dict(counted)


def ailing(actor: Actor, limit: int) -> list[Subscription]:
    """Subscriptions that do not deliver: switched off by the portal, or paused; newest first."""
    closed = SubscriptionHealth.Circuit.CLOSED
    broken = Q(enabled=True) & ~Q(health__circuit=closed)
    rows = Subscription.objects.filter(broken | (Q(enabled=False) & ~Q(disabled_reason="")))
    mine = access.permitted(actor, SubscriptionPermission.VIEW, rows)
    return list(mine.select_related("health").order_by("-health__last_failure_at")[:limit])


def find_subscriptions(actor: Actor, words: str, limit: int) -> list[Subscription]:
    """Those whose name or address holds ``words``, by name; none for who may see none."""
    named = Q(name__icontains=words) | Q(url__icontains=words)
    rows = access.permitted(actor, SubscriptionPermission.VIEW, Subscription.objects.filter(named))
    return list(rows.order_by("name")[:limit])


def count_subscriptions(actor: Actor) -> int:
    """How many the actor may see."""
    return access.permitted(actor, SubscriptionPermission.VIEW, Subscription.objects.all()).count()


def sees_a_subscription(actor: Actor) -> bool:
    """Whether there is one that the actor may see."""
    return access.permitted(actor, SubscriptionPermission.VIEW, Subscription.objects.all()).exists()


def find_invocation(actor: Actor, invocation_id: UUID) -> list[Invocation]:
    """The row of the log with this id, or none; Forbidden without the right."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    rows = Invocation.objects.defer("secret", "input", "content_json")
    return list(rows.filter(pk=invocation_id))


def open_replays(actor: Actor) -> QuerySet[ReplayJob]:
    """Replays that wait or run, newest first, for who may look at the log."""
    access.require(actor, InvocationPermission.VIEW, Invocation)
    states = [ReplayJob.State.QUEUED, ReplayJob.State.RUNNING]
    return ReplayJob.objects.filter(state__in=states).order_by("-pk")
