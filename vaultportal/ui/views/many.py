"""Lists whose rows can be chosen: the same is done to each, and what came of it is told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from vaultportal import many
from vaultportal.errors import VaultError
from vaultportal.ui import bulk, undo
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.views.base import PortalView

Row = TypeVar("Row")


class ManyView(PortalView, Generic[Row]):
    """GET is the list's own; POST does one of ``actions`` to what was selected.

    What takes something away asks first. Each row goes through the service of the single action,
    which asks the access rule and leaves the trace; a row that is refused is listed with the cause.

    needs_proof: the person must have shown lately who they are, as for the single action.
    """

    actions: ClassVar[tuple[Action, ...]]
    needs_proof: ClassVar[bool] = False

    @abstractmethod
    def chosen(self, selection: Selection, most: int) -> Iterable[Row]:
        """At most ``most`` of the rows that the actor may see: those selected, or, for
        ``all_matching``, those of the filter to which the action applies."""

    @abstractmethod
    def act(self, action: str, row: Row) -> None:
        """Do it to one, by its service."""

    @abstractmethod
    def id_of(self, row: Row) -> str:
        """What its checkbox posts."""

    @abstractmethod
    def name_of(self, row: Row) -> str:
        """What people know it by."""

    def back_url(self) -> str:
        """Where the list is, as it was looked at."""
        return self.request.get_full_path()

    def why(self, refusal: VaultError) -> str:
        """Why one stayed as it was."""
        return bulk.why(refusal)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.needs_proof:
            self.require_recent_proof()
        selection = Selection.of(request)
        action = next((each for each in self.actions if each.value == selection.action), None)
        found = list(self.chosen(selection, many.MOST + 1)) if action else []
        if action is None or not found:
            messages.error(request, _("Nothing was chosen to be done."))
            return redirect(self.back_url())
        rows = found[: many.MOST]
        context = {
            "action": action,
            "names": [(self.id_of(row), self.name_of(row)) for row in rows],
            "is_cut": len(found) > many.MOST,
            "most": many.MOST,
            "action_url": request.get_full_path(),
            "back_url": self.back_url(),
            "crumbs": [(_("Back to the list"), self.back_url()), (str(action.label), "")],
        }
        if action.warning and "sure" not in request.POST:
            return self.render("ui/bulk.html", "ui/bulk.html", context)
        outcomes = many.to_each(rows, partial(self.act, action.value))
        done = [self.id_of(each.thing) for each in outcomes if each.refusal is None]
        if len(done) == len(rows) and not context["is_cut"]:
            self._tell(action, done)
            return redirect(self.back_url())
        context["done"] = len(done)
        context["refused"] = [
            (self.name_of(each.thing), self.why(each.refusal)) for each in outcomes if each.refusal
        ]
        return self.render("ui/bulk_done.html", "ui/bulk_done.html", context)

    def _tell(self, action: Action, done: list[str]) -> None:
        sentence = _("%(action)s: done for %(n)d.") % {"action": action.label, "n": len(done)}
        back = {"action": action.reverse, "selected": done} if action.reverse else None
        undo.tell(self.request, sentence, self.request.get_full_path(), back)
