"""What the triggers add to every page: entries of the rail, the palette, the overview."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from triggers_app import lookups
from triggers_app.gates import queue
from triggers_app.permissions import GatePermission, InvocationPermission, SubscriptionPermission
from triggers_app.ui import findings
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import attention, navigation, palette, running, totals
from vaultportal.ui.navigation import Entry, Group


def sees_triggers(actor: Actor) -> bool:
    """Whoever may see all subscriptions; who has one alone finds its trigger beside it."""
    return access.holds(actor, SubscriptionPermission.VIEW)


def sees_subscriptions(actor: Actor) -> bool:
    """Whoever may see any."""
    return sees_triggers(actor) or lookups.sees_a_subscription(actor)


def sees_log(actor: Actor) -> bool:
    """Whoever may look at all deliveries."""
    return access.holds(actor, InvocationPermission.VIEW)


def sees_gates(actor: Actor) -> bool:
    """Whoever may look at gates."""
    return access.holds(actor, GatePermission.VIEW)


navigation.register(
    Entry(Group.EVENTS, 0, _("Triggers"), "bolt", "triggers:catalogue", sees_triggers),
    Entry(
        Group.EVENTS,
        10,
        _("Subscriptions"),
        "webhook",
        "triggers:subscriptions",
        sees_subscriptions,
        navigation.numbered(lookups.count_subscriptions),
    ),
    Entry(Group.EVENTS, 20, _("Invocations"), "activity", "triggers:invocations", sees_log),
    Entry(Group.EVENTS, 30, _("Gates"), "lock-check", "triggers:gates", sees_gates),
    Entry(
        Group.GOVERN,
        20,
        _("Approvals"),
        "gavel",
        "triggers:approvals",
        count=navigation.numbered(queue.count_to_decide),
    ),
)
palette.register(
    palette.Source(_("Subscriptions"), 400, findings.subscriptions),
    palette.Source(_("Triggers"), 410, findings.triggers),
    palette.Source(_("Invocations"), 420, findings.invocations),
    palette.Source(_("Gates"), 425, findings.gates),
    palette.Source(_("Approvals"), 430, findings.questions),
    palette.Source(_("Events"), 800, findings.actions),
)
attention.register(attention.Source(30, findings.undecided))
attention.register(attention.Source(40, findings.ailing))
totals.register(totals.Source(40, findings.deliveries))
running.register(running.Source(findings.running, "triggers:invocations", findings.replays))
