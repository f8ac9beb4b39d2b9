"""How an endpoint does: its circuit, and its end when it is dead for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from triggers_app.engine import limits
from triggers_app.events import SUBSCRIPTION_DISABLED
from triggers_app.models import Kind, Subscription, SubscriptionHealth
from vaultportal import trail
from vaultportal.identity import actor as actors

Circuit = SubscriptionHealth.Circuit
Disabled = Subscription.Disabled
# A healthy endpoint's row is not rewritten with every delivery.
SUCCESS_NOTED_EVERY = timedelta(seconds=10)


@dataclass(slots=True)
class Tally:
    """The attempts of one batch at one endpoint."""

    subscription: Subscription
    successes: int = 0
    failures: int = 0
    gone: bool = False


def note(tallies: Mapping[UUID, Tally], at: datetime) -> None:
    """Write what a batch has shown, in the transaction that settles it."""
    telling = {pk: tally for pk, tally in tallies.items() if _tells_something(tally, at)}
    if not telling:
        return
    rows = SubscriptionHealth.objects.select_for_update().filter(pk__in=telling)
    # In the order of the key: two that settle never wait for each other.
    for row in rows.order_by("pk"):
        tally = telling[row.pk]
        if tally.successes:
            _well(row, at)
        else:
            _ill(row, tally, at)
        row.save()
        if tally.gone:
            disable(tally.subscription.pk, Disabled.GONE, row)
        elif _is_dead(row, at):
            disable(tally.subscription.pk, Disabled.FAILING, row)


def is_open(health: SubscriptionHealth, at: datetime) -> bool:
    """Whether nothing may be sent now."""
    return (
        health.circuit != Circuit.CLOSED
        and health.open_until is not None
        and health.open_until > at
    )


@trail.unit()
def disable(subscription_id: UUID, reason: Disabled, health: SubscriptionHealth) -> bool:
    """Switch a subscription off, account for it and tell; False when it is off already."""
    now = timezone.now()
    rows = Subscription.objects.filter(pk=subscription_id, enabled=True)
    switched = rows.update(
        enabled=False,
        disabled_reason=reason,
        disabled_at=now,
        version=F("version") + 1,
        updated_at=now,
    )
    if not switched:
        return False
    subscription = Subscription.objects.get(pk=subscription_id)
    identity = {"id": str(subscription.pk), "name": subscription.name}
    system = actors.system()
    details: dict[str, Any] = {
        "trigger": subscription.trigger,
        "reason": reason.value,
        "failingSince": _time(health.failing_since or now),
        "consecutiveFailures": health.consecutive_failures,
    }
    trail.emit(SUBSCRIPTION_DISABLED, system, **identity, **details)
    target = trail.Target("subscription", identity["id"], identity["name"])
    trail.record(system, "subscription.disable", target, because=reason.value)
    return True


def _tells_something(tally: Tally, at: datetime) -> bool:
    if tally.failures or tally.gone:
        return True
    known = tally.subscription.health
    calm = known.circuit == Circuit.CLOSED and not known.consecutive_failures
    last = known.last_success_at
    return not calm or last is None or at - last >= SUCCESS_NOTED_EVERY


def _well(row: SubscriptionHealth, at: datetime) -> None:
    row.circuit, row.open_until, row.opened = Circuit.CLOSED, None, 0
    row.consecutive_failures, row.failing_since = 0, None
    row.last_success_at = at


def _ill(row: SubscriptionHealth, tally: Tally, at: datetime) -> None:
    row.consecutive_failures += tally.failures
    row.failing_since = row.failing_since or at
    row.last_failure_at = at
    opens = row.circuit == Circuit.HALF_OPEN or row.consecutive_failures >= limits.OPEN_AFTER
    if opens and not _is_open_already(row, at):
        row.opened += 1
        asks = tally.subscription.kind == Kind.REQUEST_RESPONSE
        row.circuit = Circuit.OPEN
        row.open_until = at + timedelta(seconds=limits.pause(row.opened, asks=asks))


def _is_open_already(row: SubscriptionHealth, at: datetime) -> bool:
    """Attempts that were out when the circuit opened must not prolong its pause."""
    return row.circuit == Circuit.OPEN and row.open_until is not None and row.open_until > at


def _is_dead(row: SubscriptionHealth, at: datetime) -> bool:
    if row.failing_since is None or row.consecutive_failures < settings.TRIGGERS_DISABLE_FAILURES:
        return False
    return at - row.failing_since >= timedelta(seconds=settings.TRIGGERS_DISABLE_SECONDS)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
