"""The reason of this session's browsing, said or changed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from collections_app.ui.reason import BrowsingForm, asking, remember
from vaultportal.ui.views.appearance import own_address
from vaultportal.ui.views.base import PortalView


class ReasonView(PortalView):
    """GET asks, POST /collections/-/reason/ changes it; ``next`` is the page to go back to."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(asking(request)["why"], request.GET.get("next", ""))

    def post(self, request: HttpRequest) -> HttpResponse:
        form, back = BrowsingForm(request.POST), request.POST.get("next", "")
        if not form.is_valid():
            return self._page(form, back, 422)
        remember(request, form.cleaned_data["reason"], form.cleaned_data["note"])
        url = self._own(back)
        return HttpResponseClientRedirect(url) if self.is_partial else redirect(url)

    def _own(self, back: str) -> str:
        """``back`` when it is a page of ours."""
        return own_address(self.request, back or reverse("collections:list"))

    def _page(self, form: BrowsingForm, back: str, status: int = 200) -> HttpResponse:
        context = {
            "why": form,
            "back": self._own(back),
            "crumbs": [(_("Collections"), reverse("collections:list")), (_("Reason"), "")],
        }
        response = self.render(
            "collections_app/reason.html", "collections_app/_reason_dialog.html", context, status
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response
