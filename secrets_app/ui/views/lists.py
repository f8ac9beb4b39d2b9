"""Lists of secrets: names and who may do what; no field, no value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from secrets_app.permissions import SecretPermission
from secrets_app.queries import Match
from secrets_app.ui.listing import ListFilter, folder_crumbs, listing
from vaultportal.identity import access
from vaultportal.ui.bulk import Action
from vaultportal.ui.lists import ListOf
from vaultportal.ui.views.base import PortalView

BULK = (
    Action("share", _("Share")),
    Action("move", _("Move")),
    Action("expire", _("Set expiry")),
    Action("delete", _("Delete"), danger=True),
)
SWITCHES = (("folder", _("Folder")), ("view", _("View")))


class SecretListView(PortalView, ABC):
    """?q= words, ?folder=, ?view=tree|flat, ?role= ?kind= ?expiring=, ?after=

    space: ``personal``, ``people`` or ``shared``, for the words of the page.
    """

    space: ClassVar[str]
    title: ClassVar[str | Promise]
    tree: ClassVar[bool] = False

    @abstractmethod
    def scope(self) -> Match:
        """Which secrets the list is about."""

    def get(self, request: HttpRequest) -> HttpResponse:
        found = listing(
            request, self.actor, self.scope(), tree=self.tree, owners=self.space == "people"
        )
        context = {
            "listing": found,
            "filters": found.filters,
            "pages": found.pages,
            "space": self.space,
            "title": self.title,
            "may_add": self.may_add(),
            "actions": BULK,
            "crumbs": folder_crumbs(str(self.title), request.path, found.folder),
        }
        return self.render("secrets_app/list.html", "secrets_app/_list.html", context)

    def may_add(self) -> bool:
        """Whether "New secret" leads anywhere."""
        return False


class PersonalView(SecretListView):
    """GET /secrets/personal/"""

    space = "personal"
    title = _("Personal secrets")
    a_list = ListOf(title, ListFilter, SWITCHES)

    def scope(self) -> Match:
        return Match(spaces=[self.actor.user_id])

    def may_add(self) -> bool:
        return True


class PeopleView(SecretListView):
    """GET /secrets/people/: what others let the actor into."""

    space = "people"
    title = _("Shared with me")
    a_list = ListOf(title, ListFilter, SWITCHES)

    def scope(self) -> Match:
        return Match(mine=False, shared=False)


class AskView(PortalView):
    """GET /secrets/ask/: words for a colleague who is to share a secret."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "address": request.build_absolute_uri(reverse("secrets:shared")),
            "crumbs": [
                (str(SharedView.title), reverse("secrets:shared")),
                (gettext("Ask a colleague"), ""),
            ],
        }
        return self.render("secrets_app/ask.html", "secrets_app/ask.html", context)


class SharedView(SecretListView):
    """GET /secrets/shared/?folder=prod/payments"""

    space = "shared"
    title = _("Shared secrets")
    a_list = ListOf(title, ListFilter, SWITCHES)
    tree = True

    def scope(self) -> Match:
        return Match(shared=True)

    def may_add(self) -> bool:
        return access.holds(self.actor, SecretPermission.ADD)
