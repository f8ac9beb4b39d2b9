"""Everybody: found by name, state, second factor and role; switched off or on by many."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vaultportal.audit.permissions import AuditPermission
from vaultportal.audit.reads import count_of
from vaultportal.directory import people_list, selectors
from vaultportal.directory.people_list import PeopleFilter
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import people
from vaultportal.errors import Conflict, Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.models import User
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.filters import Filters
from vaultportal.ui.govern_tabs import people_tabs
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Pages
from vaultportal.ui.people_forms import PeopleForm
from vaultportal.ui.views.base import PortalView

MOST_AT_ONCE = 500
READS_OF = timedelta(days=30)
ACTIONS = (
    Action("enable", gettext_lazy("Enable")),
    Action("disable", gettext_lazy("Disable"), danger=True),
)


class PeopleView(PortalView):
    """GET /access/people/?q=&state=&factor=&role=&page=; POST switches many on or off."""

    a_list = ListOf(gettext_lazy("People"), PeopleForm)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, PeopleForm)
        rows = people_list.choose_people(self.actor, _chosen(filters))
        pages = Pages.of(request)
        shown = list(rows[pages.offset : pages.offset + pages.size])
        pages = pages.counting(rows.count, len(shown))
        roles = selectors.memberships_of([row.pk for row in shown])
        may_change = access.holds(self.actor, UserPermission.CHANGE)
        sees_reads = access.holds(self.actor, AuditPermission.VIEW)
        reads = people_reads([row.pk for row in shown]) if sees_reads else {}
        context = {
            "filters": filters,
            "lines": [
                (row, [role.name for role, _given in roles[row.pk]], reads.get(row.pk))
                for row in shown
            ],
            "sees_reads": sees_reads,
            "pages": pages,
            "matching": pages.count,
            "actions": ACTIONS if may_change else (),
            "may_add": access.holds(self.actor, UserPermission.ADD),
            "tabs": people_tabs(self.actor, "ui:people"),
            "crumbs": [(_("People"), "")],
        }
        return self.render("people/people.html", "people/_people.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        selection = Selection.of(request)
        carry_out = {"enable": people.enable_person, "disable": people.disable_person}.get(
            selection.action
        )
        if carry_out is None or selection.is_empty:
            messages.error(request, _("Nothing was chosen to be done."))
            return redirect(request.get_full_path())
        chosen = self._ids(selection)
        if len(chosen) > MOST_AT_ONCE:
            sentence = _("At most %(n)d can be changed at once. Choose fewer.")
            messages.error(request, sentence % {"n": MOST_AT_ONCE})
            return redirect(request.get_full_path())
        done = left = 0
        for user_id in chosen:
            if user_id == self.actor.user_id:
                left += 1
                continue
            try:
                carry_out(self.actor, user_id)
            except (Forbidden, NotFound, Conflict):  # above, gone, or the last one in charge
                left += 1
            else:
                done += 1
        messages.success(request, ngettext("%(n)d changed.", "%(n)d changed.", done) % {"n": done})
        if left:
            sentence = ngettext(
                "%(n)d left as it was: yourself, or somebody whom you may not change.",
                "%(n)d left as they were: yourself, or people whom you may not change.",
                left,
            )
            messages.info(request, sentence % {"n": left})
        return redirect(request.get_full_path())

    def _ids(self, selection: Selection) -> list[UUID]:
        """Who was chosen; one more than can be changed at once stands for any more."""
        access.require(self.actor, UserPermission.CHANGE, User)
        if selection.all_matching:
            chosen = _chosen(Filters.of(self.request, PeopleForm))
            rows = people_list.choose_people(self.actor, chosen)
            return list(rows.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        found = []
        for text in selection.ids[: MOST_AT_ONCE + 1]:
            try:
                found.append(UUID(text))
            except ValueError:
                continue
        return found


def people_reads(people: list[UUID]) -> dict[UUID, int]:
    """How often each uncovered something in the last thirty days; {} where it takes too long."""
    return count_of(people, timezone.now() - READS_OF)


def _chosen(filters: Filters) -> PeopleFilter:
    values = filters.values
    return PeopleFilter(
        words=values["q"] or "",
        state=values["state"] or "",
        factor=values["factor"] or "",
        role=values["role"] or None,
    )
