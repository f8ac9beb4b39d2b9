"""The overview: a slice of what concerns the person who looks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from vaultportal.ui import panels
from vaultportal.ui.views.base import PortalView


class HomeView(PortalView):
    """GET /"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "main": panels.shown(self.actor, side=False),
            "side": panels.shown(self.actor, side=True),
            # Translators: a date such as "Saturday 21 November", in Django's letters for dates.
            "day": date_format(timezone.localtime(), _("l j F")),
            "zone": timezone.get_current_timezone_name(),
            "crumbs": [(_("Overview"), "")],
        }
        return self.render("ui/home.html", "ui/home.html", context)
