"""How strong a value is that somebody is about to store. It is looked at, and kept nowhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from secrets_app import strength
from vaultportal.ui.views.base import PortalView

LEVELS = (
    _("Weak: easily guessed"),
    _("Fair: holds for a while"),
    _("Good"),
    _("Strong"),
)


class StrengthView(PortalView):
    """POST /secrets/strength/: ``value``; the answer is a meter with a word."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("secrets:new")

    def post(self, request: HttpRequest) -> HttpResponse:
        found = strength.of(request.POST.get("value", ""))
        context = {"used": min(found.bits, 100), "total": 100, "text": LEVELS[found.level]}
        return self.render("components/meter.html", "components/meter.html", context)
