"""The overview: a slice of what concerns the person who looks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from vaultportal.ui import activity, attention, integrity, overview, panels, running, totals
from vaultportal.ui.views.base import PortalView

LATEST = 8


class HomeView(PortalView):
    """GET /, with ``?range=`` 24h, 7d or 30d"""

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = overview.range_of(request.GET.get("range", ""))
        reads = overview.of(self.actor, chosen)
        latest = activity.latest if reads.is_whole else activity.own
        context = {
            "ranges": overview.tabs(chosen),
            "needs": attention.needs(self.actor),
            "standing": integrity.standing(self.actor),
            "totals": totals.totals(self.actor),
            "reads": reads,
            "running": running.lines(self.actor),
            "happenings": latest(self.actor, LATEST),
            "main": panels.shown(self.actor, side=False),
            "side": panels.shown(self.actor, side=True),
            # Translators: a date such as "Saturday 21 November", in Django's letters for dates.
            "day": date_format(timezone.localtime(), _("l j F")),
            "zone": timezone.get_current_timezone_name(),
            "crumbs": [(_("Overview"), "")],
        }
        return self.render("ui/home.html", "ui/home.html", context)
