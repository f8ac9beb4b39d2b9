"""Find anything by its name, from anywhere."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from vaultportal.ui import navigation, palette, running
from vaultportal.ui.views.base import PortalView


class PaletteView(PortalView):
    """GET /palette/?q=&kind=: a page of its own; the part of it that the dialog shows."""

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "")[: palette.LONGEST]
        kind = request.GET.get("kind", "")
        heaps = palette.search(self.actor, words, kind)
        is_asked = len(words.strip()) >= palette.SHORTEST
        context = {
            "words": words,
            "heaps": heaps,
            "is_asked": is_asked,
            "is_nothing": is_asked and all(heap.is_offer for heap in heaps),
            "is_one_kind": bool(kind),
            "crumbs": [(_("Search"), "")],
        }
        return self.render("ui/palette.html", "components/palette_found.html", context)


class RunningView(PortalView):
    """GET /palette/jobs/?counts=: the mark in the top bar, which asks for itself again.

    A page asks once for the counts of its rail as well.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        count, url = running.jobs(self.actor)
        counts = navigation.counts(self.actor) if request.GET.get("counts") else []
        context = {"count": count, "url": url, "counts": counts}
        return self.render("components/running.html", "components/running.html", context)
