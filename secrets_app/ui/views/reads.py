"""Who read my secrets: what others uncovered of what is one's own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from secrets_app import reach
from vaultportal.ui import activity
from vaultportal.ui.views.base import PortalView

MOST = 100


class ReadsView(PortalView):
    """GET /me/reads/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "happenings": activity.of_entries(self.actor, reach.reads_by_others(self.actor, MOST)),
            "crumbs": [(_("Profile"), "/me/"), (_("Who read my secrets"), "")],
        }
        return self.render("secrets_app/reads.html", "secrets_app/reads.html", context)
