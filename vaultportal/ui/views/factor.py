"""After the first start: a second factor now, or later."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.setup_checks import steps


class SetupFactorView(PortalView):
    """GET /setup/factor/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            "setup/factor.html", "setup/factor.html", {"steps": steps(1), "label": _("Steps")}
        )
