"""Lists of secrets: names and who may do what; no field, no value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from secrets_app import refusals
from secrets_app.permissions import SecretPermission
from secrets_app.queries import Match
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import secrets
from secrets_app.ui.listing import ListFilter, folder_crumbs, listing
from secrets_app.ui.views.secret import crumbs_to
from vaultportal.identity import access
from vaultportal.ui.bulk import Action
from vaultportal.ui.columns import Column
from vaultportal.ui.lists import ListOf
from vaultportal.ui.views.base import PortalView

BULK = (
    Action("share", _("Share")),
    Action("move", _("Move")),
    Action("expire", _("Set expiry")),
    Action("delete", _("Delete"), danger=True),
)
SWITCHES = (("folder", _("Folder")), ("view", _("View")))
COLUMNS = (
    Column("name", _("Name")),
    Column("shared", _("Shared with")),
    Column("may", _("You may")),
    Column("read", _("Last read")),
    Column("changed", _("Changed"), at_end=True),
)
OF_OTHERS = (COLUMNS[0], Column("shared", _("Owner")), *COLUMNS[2:])


class SecretListView(PortalView, ABC):
    """?q= words, ?folder=, ?view=tree|flat, ?role= ?kind= ?expiring=, ?columns=, ?after=

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
            "found": len(found.folder_rows) + found.pages.shown,
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
    a_list = ListOf(title, ListFilter, SWITCHES, COLUMNS)

    def scope(self) -> Match:
        return Match(spaces=[self.actor.user_id])

    def may_add(self) -> bool:
        return True


class PeopleView(SecretListView):
    """GET /secrets/people/: what others let the actor into."""

    space = "people"
    title = _("Shared with me")
    a_list = ListOf(title, ListFilter, SWITCHES, OF_OTHERS)

    def scope(self) -> Match:
        return Match(mine=False, shared=False)


class AskView(PortalView):
    """GET /secrets/ask/?secret=: words for a colleague who is to share a secret, or just this."""

    def get(self, request: HttpRequest) -> HttpResponse:
        place, here = reverse("secrets:shared"), gettext("Ask a colleague")
        crumbs = [(str(SharedView.title), place), (here, "")]
        if "secret" in request.GET:
            info = self._secret(request.GET["secret"])
            place = reverse("secrets:secret", args=[info.id])
            crumbs = crumbs_to(self.actor, info, here)
        context = {"address": request.build_absolute_uri(place), "crumbs": crumbs}
        return self.render("secrets_app/ask.html", "secrets_app/ask.html", context)

    def _secret(self, identifier: str) -> SecretInfo:
        try:
            ref = Ref(id=UUID(identifier))
        except ValueError:
            raise refusals.not_found() from None
        return secrets.find(self.actor, ref, rights=()).info


class SharedView(SecretListView):
    """GET /secrets/shared/?folder=prod/payments"""

    space = "shared"
    title = _("Shared secrets")
    a_list = ListOf(title, ListFilter, SWITCHES, COLUMNS)
    tree = True

    def scope(self) -> Match:
        return Match(shared=True)

    def may_add(self) -> bool:
        return access.holds(self.actor, SecretPermission.ADD)
