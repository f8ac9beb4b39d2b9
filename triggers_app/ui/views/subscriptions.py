"""The list of subscriptions, and what is done to many of them at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app import lookups
from triggers_app.lookups import SubscriptionFilter
from triggers_app.models import Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import subscriptions
from triggers_app.standings import Standing, standings
from triggers_app.ui import marks
from triggers_app.ui.forms.lists import SubscriptionsForm
from triggers_app.ui.marks import Mark
from vaultportal.errors import Conflict, VaultError
from vaultportal.identity import access
from vaultportal.ui import bulk
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Pages
from vaultportal.ui.views.many import ManyView

DELETE = "delete"
NEEDS_TEST = "subscription.needs_test"
COLUMNS = (
    Column("name", gettext_lazy("Name")),
    Column("state", gettext_lazy("State")),
    Column("rate", gettext_lazy("Went well, 24 h")),
    Column("p95", gettext_lazy("p95"), at_end=True),
    Column("failure", gettext_lazy("Last failure")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One subscription with how it has gone of late."""

    row: Subscription
    mark: Mark
    standing: Standing

    @property
    def rate(self) -> str:
        """ "99.2 %"; "" without an outcome."""
        rate = self.standing.rate
        if rate is None:
            return ""
        return "100 %" if rate == 100 else f"{min(rate, 99.9):.1f} %"

    @property
    def rate_state(self) -> str:
        """The colour of its bar."""
        rate = self.standing.rate or 0
        return "ok" if rate >= 99 else "warn" if rate >= 90 else "bad"

    @property
    def p95(self) -> str:
        return marks.took(self.standing.p95)

    @property
    def failure(self) -> str:
        return marks.failure_sentence(self.standing.failure)


class SubscriptionsView(ManyView[Subscription]):
    """GET /events/subscriptions/?q=&trigger=&state=&columns=&page=; POST does something to many."""

    actions = (
        Action("enable", gettext_lazy("Switch on"), reverse="disable"),
        Action("disable", gettext_lazy("Switch off"), reverse="enable"),
        Action(
            DELETE,
            gettext_lazy("Delete"),
            danger=True,
            warning=gettext_lazy(
                "Nothing is sent there any more, and what is in flight is dropped. The log stays."
            ),
        ),
    )
    a_list = ListOf(gettext_lazy("Subscriptions"), SubscriptionsForm, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, SubscriptionsForm)
        rows = lookups.choose_subscriptions(self.actor, _chosen(filters))
        pages = Pages.of(request)
        shown = list(rows[pages.offset : pages.offset + pages.size])
        pages = pages.counting(rows.count, len(shown))
        context = {
            "filters": filters,
            "lines": _lines(shown),
            "pages": pages,
            "actions": self.actions,
            "matching": pages.count,
            "may_add": access.holds(self.actor, SubscriptionPermission.ADD),
            "crumbs": [(_("Subscriptions"), "")],
        }
        return self.render(
            "triggers_app/subscriptions.html", "triggers_app/_subscriptions.html", context
        )

    def chosen(self, selection: Selection, most: int) -> QuerySet[Subscription]:
        if selection.all_matching:
            chosen = _chosen(Filters.of(self.request, SubscriptionsForm))
            rows = lookups.choose_subscriptions(self.actor, chosen)
            if selection.action != DELETE:
                rows = rows.filter(enabled=selection.action == "disable")
        else:
            every = lookups.choose_subscriptions(self.actor, SubscriptionFilter())
            rows = every.filter(pk__in=selection.uuids)
        return rows[:most]

    def act(self, action: str, row: Subscription) -> None:
        key, enabled = str(row.pk), action == "enable"
        if action == DELETE:
            subscriptions.delete_subscription(self.actor, key)
            return
        if row.enabled == enabled:
            raise bulk.unchanged("subscription")
        if enabled and marks.needs_test(row):
            raise Conflict("subscription", reason=NEEDS_TEST)
        subscriptions.set_enabled(self.actor, key, enabled=enabled)

    def id_of(self, row: Subscription) -> str:
        return str(row.pk)

    def name_of(self, row: Subscription) -> str:
        return row.name

    def why(self, refusal: VaultError) -> str:
        if refusal.reason == NEEDS_TEST:
            return _("It has failed, and needs a test first.")
        return bulk.why(refusal)


def _chosen(filters: Filters) -> SubscriptionFilter:
    values = filters.values
    return SubscriptionFilter(
        (values["q"] or "").strip(), values["trigger"] or "", values["state"] or ""
    )


def _lines(rows: Iterable[Subscription]) -> list[Line]:
    listed = list(rows)
    found = standings([row.pk for row in listed])
    return [Line(row, marks.of_subscription(row), found.get(row.pk, Standing())) for row in listed]
