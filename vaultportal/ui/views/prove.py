"""Proving once more who one is: a dialog in the page, allauth's pages, or a provider's."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.internal.flows import reauthentication
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from vaultportal.identity.models import User
from vaultportal.ui import challenge
from vaultportal.ui.forms import ProofForm
from vaultportal.ui.oidc import providers
from vaultportal.ui.views.appearance import own_address
from vaultportal.ui.views.base import PortalView


class ProveView(PortalView):
    """GET, POST /me/prove/; ``done``: a provider has led a tab of its own back here."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.is_partial:
            return challenge.dialog(request, ProofForm())
        next_url = own_address(request, request.GET.get("next", ""))
        person = request.user
        assert isinstance(person, User)  # noqa: S101 dispatch has refused all others
        offers, done = providers.proving(person), "done" in request.GET
        if done or offers:
            context = {"offers": offers, "next": next_url, "done": done}
            return self.render("ui/prove.html", "ui/prove.html", context)
        flows = reauthentication.get_reauthentication_flows(request.user)
        names = [flow["id"] for flow in flows]
        page = "mfa_reauthenticate" if "mfa_reauthenticate" in names else "account_reauthenticate"
        query = urlencode({"next": next_url})
        return redirect(f"{reverse(page)}?{query}")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = challenge.checked(request)
        if form is not None:
            return challenge.dialog(request, form, status=422)
        response = HttpResponse(status=204)
        response["HX-Trigger"] = "proved"
        return response
