"""What the palette and the overview find of triggers: one query each, through the access rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from triggers_app import lookups, standings
from triggers_app.gates import queue
from triggers_app.permissions import GatePermission, InvocationPermission, SubscriptionPermission
from triggers_app.ui import marks
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.attention import Need
from vaultportal.ui.palette import Found, matching
from vaultportal.ui.running import FEW, Line, share
from vaultportal.ui.totals import Total

MOST_NEEDS = 5
ID_LETTERS = 36


def triggers(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Triggers of the catalogue, for who may subscribe to any."""
    if not access.holds(actor, SubscriptionPermission.VIEW):
        return []
    known = (
        Found(_(each.name), each.id, "bolt", reverse("triggers:trigger", args=[each.id]))
        for each in catalog.every()
    )
    return matching(words, known)[:limit]


def subscriptions(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Subscriptions by name or address."""
    return [
        Found(row.name, row.trigger, "webhook", reverse("triggers:subscription", args=[row.pk]))
        for row in lookups.find_subscriptions(actor, words, limit)
    ]


def invocations(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """The invocation with this id: it stands in what a subscriber was sent."""
    if len(words) != ID_LETTERS or not access.holds(actor, InvocationPermission.VIEW):
        return []
    try:
        key = UUID(words)
    except ValueError:
        return []
    return [
        Found(
            row.subscription_name,
            row.trigger,
            "activity",
            reverse("triggers:invocation", args=[key]),
        )
        for row in lookups.find_invocation(actor, key)
    ]


def gates(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """Gates by name, for who may look at gates."""
    return [
        Found(row.name, row.trigger, "lock-check", reverse("triggers:gate", args=[row.pk]))
        for row in queue.find_gates(actor, words, limit)
    ]


def questions(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """What waits for a decision, or did."""
    return [
        Found(
            row.object_name or row.object_id,
            f"{row.operation} · {row.get_state_display()}",
            "gavel",
            reverse("triggers:approval", args=[row.pk]),
        )
        for row in queue.find(actor, words, limit)
    ]


def actions(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    """What can be begun; costs no query."""
    offered: list[Found] = []
    if access.holds(actor, SubscriptionPermission.ADD):
        url = reverse("triggers:subscription_new")
        offered.append(Found(_("New subscription"), _("Events"), "plus", url))
    if access.holds(actor, GatePermission.ADD):
        offered.append(Found(_("New gate"), _("Events"), "plus", reverse("triggers:gate_new")))
    return matching(words, offered)[:limit]


def ailing(actor: Actor) -> Iterator[Need]:
    """Subscriptions that do not deliver."""
    for row in lookups.ailing(actor, MOST_NEEDS):
        is_off = bool(row.disabled_reason)
        text = (
            _("The subscription %(name)s is switched off")
            if is_off
            else _("The subscription %(name)s is failing")
        )
        yield Need(
            "bad" if is_off else "warn",
            text % {"name": row.name},
            reverse("triggers:subscription", args=[row.pk]),
            _("Look at it"),
            row.disabled_at or row.health.failing_since,
            marks.why_off(row),
        )


def undecided(actor: Actor) -> Iterator[Need]:
    """Questions that wait for the actor."""
    for row in queue.oldest_to_decide(actor, MOST_NEEDS):
        words = {"name": row.actor_name, "thing": row.object_name or row.object_id}
        yield Need(
            "warn",
            _("%(name)s waits for your word on %(thing)s") % words,
            reverse("triggers:approval", args=[row.pk]),
            _("Decide"),
            row.created_at,
            row.operation,
        )


def deliveries(actor: Actor) -> Total | None:
    """The last day of deliveries with its course, for who may look at the log."""
    if not access.holds(actor, InvocationPermission.VIEW):
        return None
    hours = standings.by_hour(actor)
    good, bad = sum(hour.good for hour in hours), sum(hour.bad for hour in hours)
    every = sum(hour.every for hour in hours)
    counted = number_format(every, force_grouping=True)
    if every >= standings.MOST_COUNTED:
        counted = _("%(n)s and more") % {"n": counted}
    detail = _("in 24 hours")
    if good + bad:
        rate = f"{100 * good / (good + bad):.1f} %"
        detail = _("in 24 hours, %(rate)s went well") % {"rate": rate}
    return Total(
        _("Deliveries"),
        counted,
        detail,
        f"{reverse('triggers:invocations')}?hours=24",
        tuple(float(hour.every) for hour in hours),
    )


def replays(actor: Actor) -> Iterator[Line]:
    """The newest of those that go on just now."""
    if not access.holds(actor, InvocationPermission.VIEW):
        return
    for job in lookups.open_replays(actor)[:FEW]:
        url = reverse("triggers:replay", args=[job.pk])
        yield Line(_("Delivering once more"), url, percent=share(job.done, job.total))


def running(actor: Actor) -> int:
    """Replays that go on just now."""
    if not access.holds(actor, InvocationPermission.VIEW):
        return 0
    return lookups.open_replays(actor).count()
