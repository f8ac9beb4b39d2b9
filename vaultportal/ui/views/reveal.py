"""Uncover one field: why, then the value, on record before it leaves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse

from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.reasons import Reason, ReasonForm
from vaultportal.ui.views.base import PortalView


class RevealView(PortalView, ABC):
    """GET asks why, POST answers with the field.

    field: its key; version: the one that the page shows; purpose: ``reveal`` shows the value,
    ``copy`` answers with nothing else, for the clipboard.

    template: the page of the thing, for browsers without script.
    """

    reasons: ClassVar[tuple[Reason, ...]]
    template: ClassVar[str]

    @abstractmethod
    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        """What is asked for, for an actor who may read it; Http404 for a field that is none."""

    @abstractmethod
    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        """The opened row. ``actor`` brings reason and note; the service records the reading."""

    @abstractmethod
    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        """The context of ``template`` with the opened row in it."""

    def beside(self, wanted: Uncovering) -> Mapping[str, Any]:
        """What else changed on the page by the reading: context of components/revealed.html."""
        return {}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        wanted = self.find(request.GET.get("field", ""), "", **kwargs)
        purpose = "copy" if request.GET.get("purpose") == "copy" else "reveal"
        return self._ask(wanted, self.asked(wanted, purpose), purpose)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        version = request.POST.get("version", "")
        wanted = self.find(request.POST.get("field", ""), version, **kwargs)
        form = ReasonForm(request.POST, reasons=self.reasons, needs_ticket=wanted.needs_ticket)
        purpose = "copy" if request.POST.get("purpose") == "copy" else "reveal"
        if not form.is_valid():
            return self._ask(wanted, form, purpose, status=422)
        given = form.cleaned_data
        reasons.remember(request, given["reason"])
        actor = self.actor.with_(reason=given["reason"], note=given["note"])
        opened = self.uncover(actor, wanted, purpose)
        if purpose == "copy":
            response = HttpResponse(opened.text, content_type="text/plain; charset=utf-8")
        else:
            response = self._show(wanted, opened, given)
        response["Cache-Control"] = "no-store"
        return response

    def asked(self, wanted: Uncovering, purpose: str) -> ReasonForm:
        """The question as it is put first."""
        return reasons.asked(
            self.request, self.reasons, needs_ticket=wanted.needs_ticket, purpose=purpose
        )

    def _ask(
        self, wanted: Uncovering, form: ReasonForm, purpose: str, status: int = 200
    ) -> HttpResponse:
        context = {
            "wanted": wanted,
            "form": form,
            "purpose": purpose,
            "crumbs": wanted.crumbs,
        }
        response = self.render(
            "ui/reason.html", "components/reason_dialog.html", context, status=status
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response

    def _show(self, wanted: Uncovering, row: FieldRow, given: Mapping[str, Any]) -> HttpResponse:
        why = reasons.in_words(given["reason"], given["note"])
        context: dict[str, Any] = {"recorded": why, "seconds": given["seconds"]}
        context |= {"row": row, "reveal_url": wanted.reveal_url, "page_url": wanted.page_url}
        context |= self.beside(wanted) if self.is_partial else self.page(wanted, row)
        return self.render(self.template, "components/revealed.html", context)


def position(text: str, count: int) -> int:
    """A key that is a position among ``count``; Http404 for any other."""
    if not text.isdecimal() or len(text) > 6 or int(text) >= count:
        raise Http404
    return int(text)
