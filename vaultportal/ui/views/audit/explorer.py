"""The explorer: who did what to what, when and why; and one entry with all that it says."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.audit import selectors
from vaultportal.audit.models import AuditEntry
from vaultportal.audit.permissions import AuditPermission
from vaultportal.audit.services import counting
from vaultportal.identity import access
from vaultportal.identity.ids import uuid_of
from vaultportal.ui import audit_badge, audit_search, estimates
from vaultportal.ui.audit_lines import lines
from vaultportal.ui.audit_search import AuditForm
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import PLACES, Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import SIZE, Keyset, cursor_of
from vaultportal.ui.views.base import PortalView

# When it was leads to the entry: that column always stays as well.
COLUMNS = (
    Column("what", gettext_lazy("What happened")),
    Column("why", gettext_lazy("Why")),
    Column("address", gettext_lazy("Address")),
)


class AuditView(PortalView):
    """GET /audit/?actor=&action=&target=&reason=&outcome=&address=&since=&until=&after=

    And ``columns=``.
    """

    a_list = ListOf(gettext_lazy("Audit"), AuditForm, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, AuditForm)
        wanted = audit_search.wanted(self.actor, filters.values)
        rows = selectors.entries(self.actor, wanted)
        before = uuid_of(cursor_of(request))
        after = rows.filter(id__lt=before) if before else rows
        pages: Keyset[AuditEntry] = Keyset.of(
            request, after[: SIZE + 1], key=lambda row: str(row.pk)
        )
        sees_all = access.holds(self.actor, AuditPermission.VIEW)
        context: dict[str, Any] = {
            "filters": filters,
            "pages": pages,
            "lines": lines(self.actor, pages.rows),
            "sees_all": sees_all,
            "badge": audit_badge.badge() if sees_all else None,
            "name": audit_search.name_of(self.actor, filters.values),
            "crumbs": [(_("Audit"), "")],
        }
        if not pages.cursor:
            context |= self._histogram(request, filters)
        if sees_all:
            found = context.get("histogram")
            known = None if found is None or found.is_cut else found.total
            context["amount"] = estimates.amount(request, pages, rows, known=known)
        return self.render("audit/explorer.html", "audit/_list.html", context)

    def _histogram(self, request: HttpRequest, filters: Filters) -> dict[str, Any]:
        wanted = audit_search.wanted(self.actor, filters.values)
        rows = selectors.entries(self.actor, wanted)
        found = counting.histogram(rows, wanted.since, wanted.until)
        if found is None:
            return {}
        kept = [
            (name, str(value))
            for name, value in request.GET.items()
            if value and name not in (*PLACES, "since", "until")
        ]
        return {
            "histogram": found,
            "bars": audit_search.bars(found, kept),
            "brush": audit_search.brush(found, kept),
        }


class AuditEntryView(PortalView):
    """GET /audit/{shard}-{seq}/"""

    def get(self, request: HttpRequest, shard: int, seq: int) -> HttpResponse:
        entry = selectors.get_entry_at(self.actor, shard, seq)
        line = lines(self.actor, [entry])[0]
        document = orjson.loads(bytes(entry.body))
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
        context = {
            "line": line,
            "entry": entry,
            "document": document,
            "text": text,
            "told": audit_search.told(document.get("detail") or {}),
            "diff": audit_search.difference(document.get("detail") or {}),
            "digest": bytes(entry.mac).hex(),
            "before": selectors.digest_before(entry).hex(),
            "sees_all": access.holds(self.actor, AuditPermission.VIEW),
            "address": request.build_absolute_uri(request.path),
            "crumbs": [(_("Audit"), "/audit/"), (line.place, "")],
        }
        return self.render("audit/entry.html", "audit/entry.html", context)
