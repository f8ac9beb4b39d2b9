"""After the first start: a second factor now, or later."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from vaultportal.ui.views.base import PortalView


class SetupFactorView(PortalView):
    """GET /setup/factor/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render("setup/factor.html", "setup/factor.html", {})
