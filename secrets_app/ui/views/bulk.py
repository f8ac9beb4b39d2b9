"""Many secrets at once: what is to be done to which, then what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from secrets_app import folders
from secrets_app.records import SecretInfo
from secrets_app.services import bulk
from secrets_app.services.bulk import MAX_BULK
from secrets_app.ui import listing
from secrets_app.ui.forms_bulk import BulkForm, ExpireForm, MoveForm, ShareForm
from secrets_app.ui.views.lists import PeopleView, PersonalView, SecretListView, SharedView
from vaultportal.many import Outcome
from vaultportal.ui.bulk import Selection
from vaultportal.ui.views.base import PortalView

SPACES: Mapping[str, type[SecretListView]] = {
    view.space: view for view in (PersonalView, PeopleView, SharedView)
}
# Action → its form, the title of its page, its button.
ASKED: Mapping[str, tuple[type[BulkForm], str | Promise, str | Promise]] = {
    "share": (ShareForm, gettext_lazy("Share secrets"), gettext_lazy("Share")),
    "move": (MoveForm, gettext_lazy("Move secrets"), gettext_lazy("Move")),
    "expire": (ExpireForm, gettext_lazy("Set when secrets expire"), gettext_lazy("Set expiry")),
    "delete": (BulkForm, gettext_lazy("Delete secrets"), gettext_lazy("Delete secrets")),
}


class BulkView(PortalView):
    """POST /secrets/bulk/?space=&… asks; with ``go`` it acts and tells what became of each."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect(self._back())

    def post(self, request: HttpRequest) -> HttpResponse:
        selection = Selection.of(request)
        if selection.action not in ASKED:
            raise Http404
        chosen, is_cut = self._chosen(selection)
        if not chosen:
            messages.error(request, _("Nothing was selected."))
            return redirect(self._back())
        form_class, title, button = ASKED[selection.action]
        form = form_class(request.POST if "go" in request.POST else None, actor=self.actor)
        context: dict[str, Any] = {
            "title": title,
            "button": button,
            "action": selection.action,
            "chosen": chosen,
            "is_cut": is_cut,
            "most": MAX_BULK,
            "back_url": self._back(),
            "crumbs": [(str(self._space().title), self._back()), (str(title), "")],
        }
        if form.is_valid():
            outcomes = self._act(selection.action, chosen, form.cleaned_data)
            context["outcomes"] = outcomes
            context["done"] = sum(outcome.refusal is None for outcome in outcomes)
            context["refused"] = [each for each in outcomes if each.refusal is not None]
            return self.render("secrets_app/bulk_done.html", "secrets_app/bulk_done.html", context)
        status = 422 if form.is_bound else 200
        context["form"] = form
        return self.render("secrets_app/bulk.html", "secrets_app/bulk.html", context, status)

    def _act(
        self, action: str, chosen: Sequence[SecretInfo], given: Mapping[str, Any]
    ) -> list[Outcome[SecretInfo]]:
        if action == "share":
            return bulk.share(self.actor, chosen, UUID(given["role"]), given["rights"])
        if action == "move":
            return bulk.move(self.actor, chosen, given["folder"])
        if action == "expire":
            return bulk.expire(self.actor, chosen, given["expires_at"])
        return bulk.delete(self.actor, chosen)

    def _chosen(self, selection: Selection) -> tuple[list[SecretInfo], bool]:
        """The secrets, and whether there were more than are done at once."""
        if selection.all_matching:
            view = self._space()()
            view.actor = self.actor
            match = listing.asked(self.request, self.actor, view.scope()).match
            found = folders.stretch(self.actor, match, limit=MAX_BULK + 1)
            return found[:MAX_BULK], len(found) > MAX_BULK
        ids = selection.uuids
        return bulk.chosen(self.actor, ids[:MAX_BULK]), len(ids) > MAX_BULK

    def _space(self) -> type[SecretListView]:
        return SPACES.get(self.request.GET.get("space", ""), PersonalView)

    def _back(self) -> str:
        return reverse(f"secrets:{self._space().space}")
