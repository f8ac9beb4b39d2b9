"""Lists of secrets: names and who may do what; no field, no value."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from secrets_app import queries, selectors
from secrets_app.records import Page, SecretInfo
from secrets_app.selectors import Window
from vaultportal.ui.names import names_of
from vaultportal.ui.paging import Pages
from vaultportal.ui.views.base import PortalView

RIGHTS = (queries.READ, queries.WRITE)


class PersonalView(PortalView):
    """GET /secrets/personal/?q=&page="""

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").strip()
        pages = Pages.of(request)
        window = Window(pages.offset, pages.size)
        if words:
            found = selectors.search_secrets(
                self.actor, window, keywords=words, owners=[self.actor.user_id], rights=RIGHTS
            )
        else:
            found = selectors.list_personal(self.actor, self.actor.user_id, window, rights=RIGHTS)
        context = {
            "page": found,
            "pages": pages.over(found.count, len(found.items)),
            "words": words,
            "crumbs": [(_("Personal secrets"), "")],
        }
        return self.render("secrets_app/personal.html", "secrets_app/_personal.html", context)


class PeopleView(PortalView):
    """GET /secrets/people/: what others let the actor into."""

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").strip()
        pages = Pages.of(request)
        found = selectors.search_secrets(
            self.actor,
            Window(pages.offset, pages.size),
            keywords=words,
            filter="shared",
            rights=RIGHTS,
        )
        context = {
            "rows": _with_owners(self, found),
            "pages": pages.over(found.count, len(found.items)),
            "words": words,
            "crumbs": [(_("Shared with me"), "")],
        }
        return self.render("secrets_app/people.html", "secrets_app/_people.html", context)


def _with_owners(view: PortalView, found: Page[SecretInfo]) -> list[dict[str, Any]]:
    names = names_of(view.actor, (info.owner_id for info in found.items))
    return [
        {"info": info, "owner": names.get(info.owner_id, "") if info.owner_id else ""}
        for info in found.items
    ]
