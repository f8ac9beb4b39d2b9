"""The menu "Saved views" of a list: what is kept of it, and which one is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vaultportal.directory import saved_views
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, lists
from vaultportal.ui.activity import Wording
from vaultportal.ui.lists import ListOf

activity.WORDINGS.update(
    {
        "saved_view.create": Wording(_("{actor} saved the view {target}"), "filter"),
        "saved_view.change": Wording(_("{actor} renamed a view to {target}"), "edit"),
        "saved_view.share": Wording(_("{actor} shared the view {target} with a role"), "share"),
        "saved_view.unshare": Wording(_("{actor} no longer shares the view {target}"), "share"),
        "saved_view.delete": Wording(_("{actor} deleted the view {target}"), "trash"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One saved view. role: the name of whose members see it, "" for nobody else."""

    id: UUID
    name: str
    role: str
    url: str
    is_own: bool
    is_current: bool


class SavedViews:
    """Those of one list; asked for, in one statement, when a template shows them."""

    def __init__(self, actor: Actor, list_name: str, a_list: ListOf, query: QueryDict) -> None:
        self._actor = actor
        self._list_name = list_name
        self._present = lists.encoded(a_list.kept(query))

    @cached_property
    def _lines(self) -> list[Line]:
        return [
            Line(
                view.pk,
                view.name,
                view.role_name or "",  # type: ignore[attr-defined]  # of list_views
                lists.address(self._list_name, view.query),
                view.owner_id == self._actor.user_id,
                view.query == self._present,
            )
            for view in saved_views.list_views(self._actor, self._list_name)
        ]

    @property
    def own(self) -> list[Line]:
        return [line for line in self._lines if line.is_own]

    @property
    def shared(self) -> list[Line]:
        """Those of others."""
        return [line for line in self._lines if not line.is_own]

    @property
    def save_url(self) -> str:
        """Where the present query is saved; "" when all is shown, or it is saved already."""
        if not self._present or any(line.is_current for line in self.own):
            return ""
        query = urlencode({"list": self._list_name, "query": self._present})
        return f"{reverse('ui:view_new')}?{query}"
