"""The queue of what waits for a decision, and one question with its two buttons."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from triggers_app.gates import approvals
from triggers_app.models import Pending
from vaultportal.errors import Conflict
from vaultportal.ui.views.base import PortalView

MOST = 50
TABS = ("todo", "mine", "all")


class ApprovalsView(PortalView):
    """GET /access/requests/?tab=todo|mine|all&before="""

    def get(self, request: HttpRequest) -> HttpResponse:
        tab = request.GET.get("tab", "todo")
        tab = tab if tab in TABS else "todo"
        before = _id(request.GET.get("before", ""))
        if tab == "todo":
            found = list(approvals.decidable(self.actor)[: MOST + 1])
        else:
            found = approvals.list_approvals(
                self.actor, mine=tab == "mine", before=before, limit=MOST + 1
            )
        context = {
            "tab": tab,
            "approvals": found[:MOST],
            "after": found[MOST - 1].pk if len(found) > MOST and tab != "todo" else None,
            "is_first": before is None,
            "crumbs": [(_("Approvals"), "")],
        }
        return self.render("triggers_app/approvals.html", "triggers_app/_approvals.html", context)


class ApprovalView(PortalView):
    """GET /access/requests/{id}/; POST ``decision`` and ``comment`` decides."""

    def get(self, request: HttpRequest, approval_id: UUID) -> HttpResponse:
        return self._page(approvals.get_approval(self.actor, approval_id))

    def post(self, request: HttpRequest, approval_id: UUID) -> HttpResponse:
        approved = request.POST.get("decision") == "allow"
        comment = request.POST.get("comment", "").strip()
        try:
            approvals.decide(self.actor, approval_id, approved=approved, comment=comment)
        except Conflict as late:
            messages.error(request, late.message)
            return redirect("triggers:approval", approval_id)
        messages.success(request, _("Allowed once.") if approved else _("Denied."))
        return redirect("triggers:approvals")

    def _page(self, pending: Pending) -> HttpResponse:
        is_mine_to_decide = approvals.decidable(self.actor).filter(pk=pending.pk).exists()
        context = {
            "pending": pending,
            "may_decide": is_mine_to_decide,
            "crumbs": [(_("Approvals"), "/access/requests/"), (pending.object_name, "")],
        }
        return self.render("triggers_app/approval.html", "triggers_app/approval.html", context)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
