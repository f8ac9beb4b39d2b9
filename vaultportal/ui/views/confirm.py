"""Asking before something is done that is not easily undone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from vaultportal.ui.views.base import PortalView


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What ``components/confirm.html`` shows.

    title: names the thing. consequences: what goes with it, counted.
    word: what must be typed to go on, "" for nothing. button: the verb.
    back_url: where the thing is.
    """

    title: str
    text: str
    button: str | Promise
    back_url: str
    consequences: tuple[str, ...] = ()
    word: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()


class ConfirmView(PortalView, ABC):
    """GET asks, as a page or within one as a dialog; POST checks the word and carries it out.

    The checks of ``confirmation`` hold for both; ``carry_out`` goes through a service, which asks
    the access rule itself.
    """

    @abstractmethod
    def confirmation(self) -> Confirmation:
        """What is asked; NotFound for who may not know the thing. ``self.kwargs`` names it."""

    @abstractmethod
    def carry_out(self) -> None:
        """Do it."""

    @abstractmethod
    def done_url(self) -> str:
        """Where to go afterwards."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._ask(self.confirmation())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        asked = self.confirmation()
        if asked.word and request.POST.get("word", "").strip() != asked.word:
            return self._ask(asked, _("This is not what stands above."), 422)
        self.carry_out()
        if self.is_partial:
            return HttpResponseClientRedirect(self.done_url())
        return redirect(self.done_url())

    def _ask(self, asked: Confirmation, error: str = "", status: int = 200) -> HttpResponse:
        context = {
            "title": asked.title,
            "text": asked.text,
            "consequences": asked.consequences,
            "word": asked.word,
            "button": asked.button,
            "action_url": self.request.get_full_path(),
            "back_url": asked.back_url,
            "error": error,
            "crumbs": asked.crumbs,
        }
        response = self.render("ui/confirm.html", "components/confirm_dialog.html", context, status)
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response
