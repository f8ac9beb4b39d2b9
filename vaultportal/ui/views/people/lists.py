"""Everybody: found by name, state, second factor and role; switched off or on by many."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.audit.permissions import AuditPermission
from vaultportal.audit.reads import count_of
from vaultportal.directory import people_list, selectors
from vaultportal.directory.people_list import PeopleFilter
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import people
from vaultportal.errors import Forbidden, VaultError
from vaultportal.identity import access
from vaultportal.identity.models import User
from vaultportal.ui import bulk, faults
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.columns import Column, Columns
from vaultportal.ui.filters import Filters
from vaultportal.ui.govern_tabs import people_tabs
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Pages
from vaultportal.ui.people_forms import PeopleForm
from vaultportal.ui.views.many import ManyView

ONESELF = "user.oneself"
READS_OF = timedelta(days=30)
COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="username"),
    Column("state", gettext_lazy("State"), sort="is_active"),
    Column("factor", gettext_lazy("Second factor"), sort="has_factor"),
    Column("roles", gettext_lazy("Roles")),
    Column("reads", gettext_lazy("Reads, 30 days"), at_end=True),
    Column("seen", gettext_lazy("Last seen"), sort="seen_at", at_end=True),
)


class PeopleView(ManyView[User]):
    """GET /access/people/?q=&state=&factor=&role=&columns=&sort=&page=; POST is for many."""

    actions = (
        Action("enable", gettext_lazy("Enable"), reverse="disable"),
        Action("disable", gettext_lazy("Disable"), danger=True, reverse="enable"),
    )
    needs_proof = True
    a_list = ListOf(gettext_lazy("People"), PeopleForm, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, PeopleForm)
        rows = self.in_order(people_list.choose_people(self.actor, _chosen(filters)))
        pages = Pages.of(request)
        shown = list(rows[pages.offset : pages.offset + pages.size])
        pages = pages.counting(rows.count, len(shown))
        roles = selectors.memberships_of([row.pk for row in shown])
        may_change = access.holds(self.actor, UserPermission.CHANGE)
        reads = people_reads([row.pk for row in shown]) if self._sees_reads() else {}
        context = {
            "filters": filters,
            "lines": [
                (row, [role.name for role, _given in roles[row.pk]], reads.get(row.pk))
                for row in shown
            ],
            "pages": pages,
            "matching": pages.count,
            "actions": self.actions if may_change else (),
            "may_add": access.holds(self.actor, UserPermission.ADD),
            "tabs": people_tabs(self.actor, "ui:people"),
            "crumbs": [(_("People"), "")],
        }
        return self.render("people/people.html", "people/_people.html", context)

    def chosen(self, selection: Selection, most: int) -> QuerySet[User]:
        access.require(self.actor, UserPermission.CHANGE, User)
        if selection.all_matching:
            rows = people_list.choose_people(
                self.actor, _chosen(Filters.of(self.request, PeopleForm))
            )
            rows = rows.filter(is_active=selection.action == "disable")
        else:
            every = people_list.choose_people(self.actor, PeopleFilter())
            rows = every.filter(pk__in=selection.uuids)
        return rows[:most]

    def act(self, action: str, row: User) -> None:
        if row.pk == self.actor.user_id:
            raise Forbidden("user", reason=ONESELF)
        if row.is_active == (action == "enable"):
            raise bulk.unchanged("user")
        carry_out = people.enable_person if action == "enable" else people.disable_person
        carry_out(self.actor, row.pk)

    def id_of(self, row: User) -> str:
        return str(row.pk)

    def name_of(self, row: User) -> str:
        return row.get_full_name()

    def why(self, refusal: VaultError) -> str:
        if refusal.reason == ONESELF:
            return _("This is yourself.")
        if refusal.message in faults.SENTENCES:
            return faults.said(refusal)
        return bulk.why(refusal)

    def columns(self, a_list: ListOf) -> Columns:
        found = super().columns(a_list)
        return found if self._sees_reads() else found.without("reads")

    def _sees_reads(self) -> bool:
        return access.holds(self.actor, AuditPermission.VIEW)


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
