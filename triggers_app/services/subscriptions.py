"""Making, changing and ending subscriptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from triggers_app import drafts, json_patch, rights, settling, wire
from triggers_app.drafts import Draft
from triggers_app.models import Gate, Invocation, Kind, Subscription, SubscriptionHealth
from triggers_app.permissions import GatePermission, SubscriptionPermission
from vaultportal import trail
from vaultportal.api.wire import invalid
from vaultportal.errors import Fault, Invalid, Stale
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target

MOST_TOLD = 50  # subscriptions of one trigger that tells; one that asks has one
MOST_OVERLAP = timedelta(days=30)
DEFAULT_OVERLAP = timedelta(days=1)
DELETED = "The subscription was deleted."
# How often a change is made anew when others change the same at the same time.
TRIES = 5
# What is copied from a draft as it is; the credential has a rule of its own.
_COPIED = (
    "name",
    "description",
    "response_deadline",
    "url",
    "mode",
    "authentication",
    "user_name",
    "enabled",
    "filter",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A new subscription and its signing secret, which is told this once."""

    subscription: Subscription
    signing_secret: str = field(repr=False)


def check(actor: Actor, draft: Draft, stored: Subscription | None = None) -> None:
    """Refuse what making it, or replacing ``stored``, would refuse; nothing is written.

    Asks the name service, so never within a transaction.

    Raises:
        Forbidden, Invalid: as for those.
    """
    if stored is None:
        access.require(actor, SubscriptionPermission.ADD, Subscription)
        event_type = catalog.get(draft.trigger)
        if event_type is None:
            raise unknown_trigger()
        _refuse_over_limit(event_type)
    else:
        access.require(actor, SubscriptionPermission.CHANGE, stored)
    _require_gate_right(actor, draft.trigger)
    _check(draft, stored)


def create_subscription(actor: Actor, draft: Draft) -> Made:
    """Make a subscription; whoever makes it owns it.

    Raises:
        Forbidden: without the right to make any.
        Invalid: the trigger is unknown (reason ``trigger.unknown``), it has as many subscriptions
            as it may (``trigger.limit``), or the draft breaks a rule.
    """
    access.require(actor, SubscriptionPermission.ADD, Subscription)
    event_type = catalog.get(draft.trigger)
    if event_type is None:
        raise unknown_trigger()
    _check(draft, None)
    return _create(actor, draft, event_type)


def _require_gate_right(actor: Actor, trigger: str) -> None:
    """Who answers the questions of a gate in force is the business of who may change gates."""
    mine = Gate.objects.filter(trigger=trigger, approval=Gate.Approval.SUBSCRIBER, enabled=True)
    if mine.exists():
        access.require(actor, GatePermission.CHANGE, Gate)


@trail.unit()
def _create(actor: Actor, draft: Draft, event_type: catalog.EventType) -> Made:
    _require_gate_right(actor, draft.trigger)
    _refuse_over_limit(event_type)
    now = timezone.now()
    secret = draft.signing_secret or drafts.new_signing_secret()
    row = Subscription(
        trigger=event_type.id,
        kind=event_type.kind,
        credential=drafts.kept_credential(draft, None),
        credential_origin=_origin_of(draft),
        signing_secret=secret,
        author_id=actor.user_id,
        updated_by_id=actor.user_id,
        created_at=now,
        updated_at=now,
        **{name: getattr(draft, name) for name in _COPIED},
    )
    row.save(force_insert=True)
    SubscriptionHealth.objects.create(subscription=row)
    if actor.kind != "system":
        access.grant(actor, User(pk=actor.user_id), SubscriptionPermission.OWN, row)
    trail.record(actor, "subscription.create", target_of(row), trigger=row.trigger, mode=row.mode)
    return Made(row, secret)


def replace_subscription(actor: Actor, subscription_id: str, draft: Draft) -> Subscription:
    """Make a subscription what the draft says, all of it.

    Raises:
        NotFound, Forbidden: as ``rights.find``.
        Invalid: another id or trigger (code ``readonly``), or the draft breaks a rule.
    """
    return _change(actor, subscription_id, lambda _: draft)


def patch_subscription(
    actor: Actor, subscription_id: str, operations: Sequence[Any]
) -> Subscription:
    """Change a subscription by a JSON Patch over its document; all operations or none.

    Raises:
        NotFound, Forbidden: as ``rights.find``.
        Invalid: an operation is wrong or not allowed, or what it leaves breaks a rule.
    """
    for number, operation in enumerate(operations):
        for pointer in json_patch.pointers(operation, number):
            if json_patch.parts_of(pointer)[:1] not in ([name] for name in wire.PATCHABLE):
                raise invalid([Fault(f"{number}.path", "readonly", "cannot be patched")])
    coerced = [wire.coerce_enabled(operation) for operation in operations]

    def patched(row: Subscription) -> Draft:
        return wire.read(json_patch.apply(wire.write(row), coerced))

    return _change(actor, subscription_id, patched)


def set_enabled(actor: Actor, subscription_id: str, *, enabled: bool) -> Subscription:
    """Switch a subscription on or off."""
    operation = {"op": "replace", "path": "/enabled", "value": enabled}
    return patch_subscription(actor, subscription_id, [operation])


@trail.unit()
def delete_subscription(actor: Actor, subscription_id: str) -> None:
    """End a subscription. Its open questions fail, what is queued is dropped, the log stays."""
    row = rights.find(actor, SubscriptionPermission.DELETE, subscription_id, locked=True)
    _require_gate_right(actor, row.trigger)
    now = timezone.now()
    mine = Invocation.objects.filter(subscription_id=row.pk)
    settling.fail(mine.filter(kind=Kind.REQUEST_RESPONSE), now, DELETED)
    settling.fail(mine, now, DELETED, state=Invocation.State.SKIPPED)
    target = target_of(row)
    row.delete()
    trail.record(actor, "subscription.delete", target, trigger=row.trigger)


@trail.unit()
def rotate_signing_secret(
    actor: Actor, subscription_id: str, overlap: timedelta = DEFAULT_OVERLAP
) -> Made:
    """Give a subscription a new signing secret; the old one signs too until ``overlap`` is over.

    Raises:
        NotFound, Forbidden: as ``rights.find``.
        Invalid: the overlap is negative or longer than ``MOST_OVERLAP``.
    """
    if not timedelta() <= overlap <= MOST_OVERLAP:
        raise invalid([Fault("overlapSeconds", "range", "must be 0 to 2592000")])
    row = rights.find(actor, SubscriptionPermission.CHANGE, subscription_id, locked=True)
    now = timezone.now()
    row.previous_signing_secret = row.signing_secret if overlap else None
    row.previous_until = now + overlap if overlap else None
    row.signing_secret = drafts.new_signing_secret()
    _touch(row, actor, now)
    row.save()
    trail.record(
        actor,
        "subscription.rotate_secret",
        target_of(row),
        overlap_seconds=int(overlap.total_seconds()),
    )
    return Made(row, row.signing_secret)


@trail.unit()
def set_delivery(actor: Actor, subscription_id: str, changes: Mapping[str, Any]) -> Subscription:
    """Set what the wire has no place for: ``ed25519``, ``most_at_once``, ``most_per_second``.

    Raises:
        NotFound, Forbidden: as ``rights.find``.
    """
    row = rights.find(actor, SubscriptionPermission.CHANGE, subscription_id, locked=True)
    for name in ("ed25519", "most_at_once", "most_per_second"):
        if name in changes:
            setattr(row, name, changes[name])
    _touch(row, actor, timezone.now())
    row.save()
    trail.record(actor, "subscription.change", target_of(row), changed=[*sorted(changes)])
    return row


def target_of(row: Subscription) -> Target:
    """How the trail names a subscription."""
    return Target("subscription", str(row.pk), row.name, row.version)


def unknown_trigger() -> Invalid:
    """A trigger that the catalogue does not have."""
    fault = Fault("triggerId", "unknown", "is not a known trigger")
    return Invalid("trigger", "triggerId is not a known trigger.", "trigger.unknown", (fault,))


def _change(
    actor: Actor, subscription_id: str, draft_of: Callable[[Subscription], Draft]
) -> Subscription:
    """Read, check (a name service may be asked), write if nobody wrote meanwhile; else again."""
    for _ in range(TRIES):
        row = rights.find(actor, SubscriptionPermission.CHANGE, subscription_id)
        draft = draft_of(row)
        _refuse_readonly(draft, row)
        _check(draft, row)
        try:
            return _write(actor, row, draft)
        except Stale:
            continue
    raise Stale("subscription")


@trail.unit()
def _write(actor: Actor, seen: Subscription, draft: Draft) -> Subscription:
    row = Subscription.objects.select_for_update().filter(pk=seen.pk, version=seen.version).first()
    if row is None:
        raise Stale("subscription")
    _require_gate_right(actor, row.trigger)
    credential = drafts.kept_credential(draft, row)
    changed = [name for name in _COPIED if getattr(row, name) != getattr(draft, name)]
    moved: dict[str, str] = {}
    if draft.credential is not None or credential is None:
        row.credential_origin = _origin_of(draft)
    elif drafts.origin(draft.url) != drafts.origin(row.url):
        # Whoever gave it had another receiver in mind: the trail says who sends it elsewhere.
        row.credential_origin = row.credential_origin or drafts.origin(row.url)
        moved = {"credential_goes_to": drafts.origin(draft.url)}
    if credential != row.credential:
        changed.append("credential")
    wakes = draft.enabled and not row.enabled
    for name in _COPIED:
        setattr(row, name, getattr(draft, name))
    row.credential = credential
    now = timezone.now()
    if wakes:
        row.disabled_reason, row.disabled_at = Subscription.Disabled.NOT, None
        _heal(row)
    _touch(row, actor, now)
    row.save()
    trail.record(actor, "subscription.change", target_of(row), changed=[*sorted(changed)], **moved)
    return row


def _origin_of(draft: Draft) -> str:
    return "" if draft.authentication == drafts.Authentication.NONE else drafts.origin(draft.url)


def _heal(row: Subscription) -> None:
    """Who is switched on again starts without a past."""
    SubscriptionHealth.objects.filter(pk=row.pk).update(
        circuit=SubscriptionHealth.Circuit.CLOSED,
        open_until=None,
        opened=0,
        consecutive_failures=0,
        failing_since=None,
    )


def _touch(row: Subscription, actor: Actor, now: datetime) -> None:
    row.version += 1
    row.updated_by_id = actor.user_id
    row.updated_at = now


def _check(draft: Draft, stored: Subscription | None) -> None:
    faults = drafts.faults_of(draft, stored)
    if not faults and (stored is None or stored.url != draft.url):
        blocked = drafts.egress_fault(draft.url)
        faults = [blocked] if blocked else []
    if faults:
        raise invalid(faults)


def _refuse_readonly(draft: Draft, row: Subscription) -> None:
    told = {"id": (draft.id, str(row.pk)), "triggerId": (draft.trigger, row.trigger)}
    for name, (given, kept) in told.items():
        if given and given != kept:
            raise invalid([Fault(name, "readonly", "cannot be changed")])


def _refuse_over_limit(event_type: catalog.EventType) -> None:
    with connection.cursor() as cursor:
        # Two who come at once would both find room.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"trigger:{event_type.id}"]
        )
    most = 1 if event_type.kind == Kind.REQUEST_RESPONSE else MOST_TOLD
    if Subscription.objects.filter(trigger=event_type.id).count() >= most:
        raise Invalid(
            "subscription",
            f"The trigger has {most} subscriptions, which is as many as it may have.",
            reason="trigger.limit",
            faults=(Fault("triggerId", "range", "has as many subscriptions as it may have"),),
        )
