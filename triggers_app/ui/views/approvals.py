"""The queue of what waits for a decision, and one question with its two buttons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID
from zlib import crc32

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app.gates import approvals, decisions, queue
from triggers_app.models import Pending
from triggers_app.permissions import GatePermission, InvocationPermission
from triggers_app.ui import marks, tree
from triggers_app.ui.sentences import said
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.identity.ids import uuid_of
from vaultportal.ui import reasons
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.live import live_attrs
from vaultportal.ui.paging import SIZE, Keyset
from vaultportal.ui.tabs import Tab
from vaultportal.ui.views.base import PortalView

REFRESH = 5.0


class TabForm(forms.Form):
    """Which questions. tab: ``todo`` (mine to decide), ``mine`` (I have asked), ``all``."""

    tab = forms.ChoiceField(
        choices=[("todo", ""), ("mine", ""), ("all", "")],
        initial="todo",
        widget=forms.HiddenInput,
    )
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", _("any")), *Pending.State.choices]  # type: ignore[attr-defined]  # a ChoiceField


class DecisionForm(forms.Form):
    """The word of an approver; neither of the two words is taken for the other."""

    decision = forms.ChoiceField(choices=[("allow", ""), ("deny", "")])
    comment = forms.CharField(required=False)


class ApprovalsView(PortalView):
    """GET /access/requests/?tab=todo|mine|all&state=&after=; its rows ask for themselves again."""

    a_list = ListOf(gettext_lazy("Approvals"), TabForm)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, TabForm)
        tab = filters.values["tab"]
        state = filters.values["state"] or ""
        if tab == "todo":
            todo = queue.oldest_to_decide(self.actor, SIZE + 1)
            pages = Keyset.of(request, todo[:SIZE], key=lambda row: str(row.pk))
            count = len(todo)
        else:
            pages = Keyset.of(
                request,
                lambda cursor, limit: approvals.list_approvals(
                    self.actor, mine=tab == "mine", state=state, before=uuid_of(cursor), limit=limit
                ),
                key=lambda row: str(row.pk),
            )
            count = queue.count_to_decide(self.actor)
        version = _version(pages.rows)
        if self.is_partial and request.GET.get("v") == version:
            return HttpResponse(status=204)
        query = request.GET.copy()
        query["part"], query["v"] = "rows", version
        context = {
            "filters": filters,
            "tab": tab,
            "tabs": _tabs(tab, count),
            "lines": [_line(row) for row in pages.rows],
            "pages": pages,
            "live": live_attrs(f"?{query.urlencode()}", REFRESH),
            "crumbs": [(_("Approvals"), "")],
        }
        return self.render("triggers_app/approvals.html", "triggers_app/_approvals.html", context)


class ApprovalView(PortalView):
    """GET /access/requests/{id}/; POST ``decision`` and ``comment`` decides."""

    def get(self, request: HttpRequest, approval_id: UUID) -> HttpResponse:
        pending = approvals.get_approval(self.actor, approval_id)
        if request.GET.get("part") == "state":
            if request.GET.get("v") == pending.state:
                return HttpResponse(status=204)
            return self._page(pending, "triggers_app/_approval.html")
        return self._page(pending, "triggers_app/approval.html")

    def post(self, request: HttpRequest, approval_id: UUID) -> HttpResponse:
        form = DecisionForm(request.POST)
        if not form.is_valid():
            pending = approvals.get_approval(self.actor, approval_id)
            return self._page(pending, "triggers_app/approval.html", form, 422)
        approved = form.cleaned_data["decision"] == "allow"
        comment = form.cleaned_data["comment"]
        try:
            approvals.decide(self.actor, approval_id, approved=approved, comment=comment)
        except Conflict as late:
            messages.error(request, said(late.message))
            return redirect("triggers:approval", approval_id)
        messages.success(request, _("Allowed once.") if approved else _("Denied."))
        return redirect("triggers:approvals")

    def _page(
        self, pending: Pending, template: str, form: DecisionForm | None = None, status: int = 200
    ) -> HttpResponse:
        is_mine_to_decide = approvals.decidable(self.actor).filter(pk=pending.pk).exists()
        is_waiting = pending.state == Pending.State.WAITING
        url = f"{reverse('triggers:approval', args=[pending.pk])}?part=state&v={pending.state}"
        # While somebody writes a comment, nothing may take the form away.
        is_live = is_waiting and not is_mine_to_decide
        context = _line(pending) | {
            "form": form,
            "may_decide": is_mine_to_decide,
            "most_comment": decisions.MAX_COMMENT,
            "deciders": queue.deciders(self.actor, pending),
            "details": tree.of_value(pending.details),
            "sees_gates": access.holds(self.actor, GatePermission.VIEW),
            "sees_log": access.holds(self.actor, InvocationPermission.VIEW),
            "is_own": pending.actor_id == self.actor.user_id,
            "live": live_attrs(url, REFRESH) if is_live else "",
            "crumbs": [
                (_("Approvals"), reverse("triggers:approvals")),
                (pending.object_name or pending.object_id, ""),
            ],
        }
        return self.render(template, template, context, status)


def _line(pending: Pending) -> dict[str, Any]:
    is_waiting = pending.state == Pending.State.WAITING
    return {
        "pending": pending,
        "mark": marks.of_pending(pending),
        "left": marks.time_left(pending.expires_at) if is_waiting else "",
        "why": reasons.title(pending.reason),
        "answer": said(pending.comment),
    }


def _tabs(tab: str, count: int) -> list[Tab]:
    words = {
        "todo": _("For me to decide"),
        "mine": _("Asked by me"),
        "all": _("All that I may see"),
    }
    counts = {"todo": count}
    return [
        Tab(label, f"?tab={name}", name == tab, counts.get(name)) for name, label in words.items()
    ]


def _version(rows: Iterable[Pending]) -> str:
    """Changes whenever the rows would; the time that is left may be a little late."""
    return f"{crc32(' '.join(f'{row.pk} {row.state}' for row in rows).encode()):x}"
