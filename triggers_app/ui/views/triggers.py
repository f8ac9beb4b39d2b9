"""The catalogue: what can be subscribed to, and one trigger with its schema."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app import lookups
from triggers_app.lookups import SubscriptionFilter
from triggers_app.models import Kind
from triggers_app.permissions import GatePermission, InvocationPermission, SubscriptionPermission
from triggers_app.services import catalogue
from triggers_app.ui import marks, tree
from vaultportal.events.catalog import EventType
from vaultportal.identity import access
from vaultportal.ui.views.base import PortalView

# By what they are about, in the order of the rail.
GROUPS: tuple[tuple[str | Promise, str, frozenset[str]], ...] = (
    (gettext_lazy("PII data"), "database", frozenset({"OBJECT", "ACTION"})),
    (gettext_lazy("Secrets"), "lock", frozenset({"SECRET"})),
    (gettext_lazy("Storage"), "cloud-lock", frozenset({"S3_VAULT", "JOB"})),
)
OTHERS = (gettext_lazy("Portal"), "shield")
MOST_SUBSCRIBERS = 50


@dataclass(frozen=True, slots=True)
class Card:
    """One trigger. asks: it waits for an answer."""

    trigger: EventType
    subscribers: int

    @property
    def asks(self) -> bool:
        return self.trigger.kind == Kind.REQUEST_RESPONSE

    @property
    def is_full(self) -> bool:
        """A question has one who answers."""
        return self.asks and self.subscribers > 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The triggers of one app."""

    title: str | Promise
    icon: str
    cards: list[Card]


class CatalogueView(PortalView):
    """GET /events/triggers/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = catalogue.list_triggers(self.actor)
        counted = lookups.subscribers(self.actor)
        cards = [Card(each, counted.get(each.id, 0)) for each in found]
        context = {"shelves": _shelves(cards), "crumbs": [(_("Triggers"), "")]}
        return self.render("triggers_app/catalogue.html", "triggers_app/catalogue.html", context)


class TriggerView(PortalView):
    """GET /events/triggers/{id}/"""

    def get(self, request: HttpRequest, trigger_id: str) -> HttpResponse:
        wanted = {each.id: each for each in catalogue.list_triggers(self.actor)}.get(trigger_id)
        if wanted is None:
            raise Http404
        chosen = SubscriptionFilter(trigger=wanted.id)
        rows = list(lookups.choose_subscriptions(self.actor, chosen)[:MOST_SUBSCRIBERS])
        card = Card(wanted, len(rows))
        may_add = access.holds(self.actor, SubscriptionPermission.ADD)
        context = {
            "card": card,
            "trigger": wanted,
            "input": tree.of_schema(wanted.input_schema),
            "example": tree.pretty(wanted.example),
            "output": tree.of_schema(wanted.output_schema) if wanted.output_schema else [],
            "output_example": tree.pretty(wanted.output_example) if wanted.output_example else "",
            "subscribers": [(row, marks.of_subscription(row)) for row in rows],
            "may_subscribe": may_add and not card.is_full,
            "may_gate": card.asks and access.holds(self.actor, GatePermission.ADD),
            "sees_log": access.holds(self.actor, InvocationPermission.VIEW),
            "crumbs": [(_("Triggers"), reverse("triggers:catalogue")), (_(wanted.name), "")],
        }
        return self.render("triggers_app/trigger.html", "triggers_app/trigger.html", context)


def _shelves(cards: list[Card]) -> list[Shelf]:
    known = {subject for _title, _icon, subjects in GROUPS for subject in subjects}
    shelves = [
        Shelf(title, icon, [each for each in cards if each.trigger.subject in subjects])
        for title, icon, subjects in GROUPS
    ]
    shelves.append(Shelf(*OTHERS, [each for each in cards if each.trigger.subject not in known]))
    return [shelf for shelf in shelves if shelf.cards]
