"""The list of subscriptions, and what is done to many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from triggers_app import lookups
from triggers_app.lookups import SubscriptionFilter
from triggers_app.models import Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import subscriptions
from triggers_app.standings import Standing, standings
from triggers_app.ui import marks
from triggers_app.ui.forms.lists import SubscriptionsForm
from triggers_app.ui.marks import Mark
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Pages
from vaultportal.ui.views.base import PortalView

MOST_AT_ONCE = 500
ACTIONS = (
    Action("enable", gettext_lazy("Switch on")),
    Action("disable", gettext_lazy("Switch off")),
    Action("delete", gettext_lazy("Delete"), danger=True),
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


class SubscriptionsView(PortalView):
    """GET /events/subscriptions/?q=&trigger=&state=&page=; POST does something to many."""

    a_list = ListOf(gettext_lazy("Subscriptions"), SubscriptionsForm)

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
            "actions": ACTIONS,
            "matching": pages.count,
            "may_add": access.holds(self.actor, SubscriptionPermission.ADD),
            "crumbs": [(_("Subscriptions"), "")],
        }
        return self.render(
            "triggers_app/subscriptions.html", "triggers_app/_subscriptions.html", context
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        selection = Selection.of(request)
        if selection.action == "delete" and "sure" not in request.POST:
            return self._ask(selection)
        done = left = 0
        rows, over = self._selected(selection)
        for row in rows:
            try:
                moved = self._apply(selection.action, row)
            except (Forbidden, NotFound):  # theirs to see, not to change; or gone meanwhile
                moved = False
            done, left = done + moved, left + (not moved)
        self._tell(selection.action, done, left, over)
        return redirect(request.get_full_path())

    def _apply(self, action: str, row: Subscription) -> bool:
        key = str(row.pk)
        if action == "delete":
            subscriptions.delete_subscription(self.actor, key)
            return True
        if action == "disable" and row.enabled:
            subscriptions.set_enabled(self.actor, key, enabled=False)
            return True
        if action == "enable" and not row.enabled and not marks.needs_test(row):
            subscriptions.set_enabled(self.actor, key, enabled=True)
            return True
        return False

    def _selected(self, selection: Selection) -> tuple[Sequence[Subscription], int]:
        """What is chosen of what may be seen, by name; and how many that is too many."""
        if selection.all_matching:
            chosen = _chosen(Filters.of(self.request, SubscriptionsForm))
            rows = lookups.choose_subscriptions(self.actor, chosen)
        else:
            every = lookups.choose_subscriptions(self.actor, SubscriptionFilter())
            rows = every.filter(pk__in=_uuids(selection.ids))
        taken = list(rows[:MOST_AT_ONCE])
        return taken, rows.count() - len(taken) if len(taken) == MOST_AT_ONCE else 0

    def _ask(self, selection: Selection) -> HttpResponse:
        rows, over = self._selected(selection)
        context = {
            "rows": rows,
            "over": over,
            "most": MOST_AT_ONCE,
            "selection": selection,
            "action_url": self.request.get_full_path(),
            "crumbs": [(_("Subscriptions"), self.request.path), (_("Delete"), "")],
        }
        name = "triggers_app/subscriptions_delete.html"
        return self.render(name, name, context)

    def _tell(self, action: str, done: int, left: int, over: int) -> None:
        said = {
            "enable": ngettext("%(n)d switched on.", "%(n)d switched on.", done),
            "disable": ngettext("%(n)d switched off.", "%(n)d switched off.", done),
            "delete": ngettext("%(n)d deleted.", "%(n)d deleted.", done),
        }.get(action)
        if said is None:
            messages.error(self.request, _("Nothing was chosen to be done."))
            return
        sentence = said % {"n": done}
        if left:
            rest = ngettext(
                "%(n)d left as it was: it needs no change, a test first, or another right.",
                "%(n)d left as they were: they need no change, a test first, or another right.",
                left,
            )
            sentence += " " + rest % {"n": left}
        if over:
            rest = ngettext(
                "%(n)d more was left: %(most)d at once is the most.",
                "%(n)d more were left: %(most)d at once is the most.",
                over,
            )
            sentence += " " + rest % {"n": over, "most": MOST_AT_ONCE}
        (messages.success if done else messages.warning)(self.request, sentence)


def _chosen(filters: Filters) -> SubscriptionFilter:
    values = filters.values
    return SubscriptionFilter(
        (values["q"] or "").strip(), values["trigger"] or "", values["state"] or ""
    )


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:  # the id of none
            continue
    return found


def _lines(rows: Iterable[Subscription]) -> list[Line]:
    listed = list(rows)
    found = standings([row.pk for row in listed])
    return [Line(row, marks.of_subscription(row), found.get(row.pk, Standing())) for row in listed]
