"""Saved views of lists: a form that makes one, and one that changes or deletes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.directory import saved_views as selectors
from vaultportal.directory.models import SavedView
from vaultportal.directory.services import saved_views as services
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.ui import faults, lists
from vaultportal.ui.columns import Pairs
from vaultportal.ui.lists import ListOf
from vaultportal.ui.views.base import PortalView


class ViewForm(forms.Form):
    """What a view is called, and who sees it too. ``roles``: that it may be shared with."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=SavedView.MAX_NAME,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Share with"),
        required=False,
        help_text=gettext_lazy(
            "Its members find it in their menu. The list still shows each only what they may see."
        ),
    )

    def __init__(self, *args: Any, roles: list[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("Nobody else")),
            *((str(role.uuid), role.name) for role in roles),
        ]

    def role_id(self) -> UUID | None:
        """The chosen role; None for nobody else."""
        chosen = self.cleaned_data["role"]
        return UUID(chosen) if chosen else None


class NewView(PortalView):
    """GET, POST /me/views/new/?list=&query=: keeps the query of a list under a name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(ViewForm(roles=_roles(self.actor)), *self._asked())

    def post(self, request: HttpRequest) -> HttpResponse:
        name, a_list, pairs = self._asked()
        form = ViewForm(request.POST, roles=_roles(self.actor))
        if form.is_valid():
            try:
                view = services.save_view(
                    self.actor, name, form.cleaned_data["name"], pairs, form.role_id()
                )
            except (Invalid, Conflict) as refusal:
                _put(form, refusal)
            else:
                messages.success(request, _("View saved."))
                return redirect(lists.address(name, view.query))
        return self._page(form, name, a_list, pairs, 422)

    def _asked(self) -> tuple[str, ListOf, Pairs]:
        """Which list, and what of the query is its own; NotFound for no list."""
        name = self.request.GET.get("list", "")
        a_list = lists.named(name) if len(name) <= SavedView.MAX_NAME else None
        if a_list is None:
            raise NotFound("list")
        given = self.request.GET.get("query", "")[: 2 * SavedView.MAX_QUERY]
        return name, a_list, a_list.kept(QueryDict(given))

    def _page(
        self, form: ViewForm, name: str, a_list: ListOf, pairs: Pairs, status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "title": _("Save this view"),
            "of_list": a_list.title,
            "keeps": a_list.labels(pairs),
            "back_url": lists.address(name, lists.encoded(pairs)),
            "crumbs": [(str(a_list.title), lists.address(name, "")), (_("Save this view"), "")],
        }
        return self.render("ui/view.html", "ui/view.html", context, status)


class ChangeView(PortalView):
    """GET, POST /me/views/{id}/: renames and shares one's own; ``action=delete`` forgets it."""

    def get(self, request: HttpRequest, view_id: UUID) -> HttpResponse:
        view = selectors.get_view(self.actor, view_id)
        first = {"name": view.name, "role": str(view.role.uuid) if view.role else ""}
        return self._page(view, ViewForm(initial=first, roles=_roles(self.actor, view)))

    def post(self, request: HttpRequest, view_id: UUID) -> HttpResponse:
        view = selectors.get_view(self.actor, view_id)
        if request.POST.get("action") == "delete":
            services.delete_view(self.actor, view_id)
            messages.success(request, _("View deleted."))
            return redirect(_address(view, ""))
        form = ViewForm(request.POST, roles=_roles(self.actor, view))
        if form.is_valid():
            try:
                services.change_view(self.actor, view_id, form.cleaned_data["name"], form.role_id())
            except (Invalid, Conflict) as refusal:
                _put(form, refusal)
            else:
                messages.success(request, _("View saved."))
                return redirect(_address(view, view.query))
        return self._page(view, form, 422)

    def _page(self, view: SavedView, form: ViewForm, status: int = 200) -> HttpResponse:
        a_list = lists.named(view.list_name)
        context = {
            "form": form,
            "view": view,
            "title": view.name,
            "of_list": a_list.title if a_list else view.list_name,
            "keeps": a_list.labels(a_list.kept(QueryDict(view.query))) if a_list else [],
            "back_url": _address(view, view.query),
            "crumbs": [
                (str(a_list.title) if a_list else view.list_name, _address(view, "")),
                (view.name, ""),
            ],
        }
        return self.render("ui/view.html", "ui/view.html", context, status)


def _address(view: SavedView, query: str) -> str:
    """Of its list; the overview for a list that there is no more."""
    return lists.address(view.list_name, query) if lists.named(view.list_name) else "/"


def _roles(actor: Actor, view: SavedView | None = None) -> list[Role]:
    """What can be chosen: with the role that the view is shared with already."""
    roles = list(selectors.roles_to_share_with(actor))
    if view and view.role and view.role not in roles:
        roles.append(view.role)
    return roles


def _put(form: ViewForm, refusal: Invalid | Conflict) -> None:
    """The refusal in words of this form."""
    places = {fault.property for fault in refusal.faults}
    if "views" in places:
        sentence = _("There are %(n)d views of this list already. Delete one first.")
        form.add_error(None, sentence % {"n": selectors.MOST_OWN})
    elif "query" in places:
        form.add_error(None, _("What is on cannot be saved: it is nothing, or too much."))
    else:
        faults.put(form, refusal)
