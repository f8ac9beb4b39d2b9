"""API clients: what they are, their secret once, and their keys."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal import trail
from vaultportal.directory import client_list, selectors
from vaultportal.directory.client_list import Program
from vaultportal.directory.permissions import ApiClientPermission, ApiKeyPermission
from vaultportal.directory.services import clients, keys
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.models import ApiClient, User
from vaultportal.ui import bulk, faults, rights, undo
from vaultportal.ui.audit_links import audit_url
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Pages
from vaultportal.ui.people_forms import ClientForm, ClientKeyForm, NetworksForm, RotateForm
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView
from vaultportal.ui.views.keys_many import REVOKE
from vaultportal.ui.views.many import ManyView
from vaultportal.ui.views.people.person import role_choices


class ClientsForm(forms.Form):
    """Filters of the list."""

    q = forms.CharField(
        label=gettext_lazy("Name"), max_length=255, widget=forms.TextInput({"type": "search"})
    )


COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="full_name"),
    Column("state", gettext_lazy("State"), sort="is_active"),
    Column("roles", gettext_lazy("Roles")),
    Column("expires", gettext_lazy("Expires"), sort="ends_at"),
    Column("used", gettext_lazy("Last used"), sort="used_at", at_end=True),
)


class ClientsView(ManyView[User]):
    """GET /access/clients/?q=&columns=&sort=&page=; POST switches many on or off."""

    a_list = ListOf(gettext_lazy("API clients"), ClientsForm, columns=COLUMNS)
    actions = (
        Action("enable", gettext_lazy("Enable"), reverse="disable"),
        Action("disable", gettext_lazy("Disable"), danger=True, reverse="enable"),
    )
    needs_proof = True

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, ClientsForm)
        rows = client_list.choose_programs(self.actor, filters.values["q"] or "")
        pages = Pages.of(request)
        ordered = self.in_order(rows)[pages.offset : pages.offset + pages.size]
        shown = client_list.programs_of(ordered)
        pages = pages.counting(rows.count, len(shown))
        may_change = access.holds(self.actor, ApiClientPermission.CHANGE)
        context = {
            "filters": filters,
            "programs": shown,
            "pages": pages,
            "matching": pages.count,
            "actions": self.actions if may_change else (),
            "may_add": access.holds(self.actor, ApiClientPermission.ADD),
            "crumbs": [(_("API clients"), "")],
        }
        return self.render("clients/clients.html", "clients/_clients.html", context)

    def chosen(self, selection: Selection, most: int) -> QuerySet[User]:
        is_active = selection.action == "disable"
        if selection.all_matching:
            words = Filters.of(self.request, ClientsForm).values["q"] or ""
            rows = client_list.choose_programs(self.actor, words, is_active=is_active)
        else:
            rows = client_list.choose_programs(self.actor, ids=selection.uuids)
        return rows[:most]

    def act(self, action: str, row: User) -> None:
        if row.is_active == (action == "enable"):
            raise bulk.unchanged("API client")
        clients.set_keyed_user_active(self.actor, row.pk, active=action == "enable")

    def id_of(self, row: User) -> str:
        return str(row.pk)

    def name_of(self, row: User) -> str:
        return row.full_name or row.username


class NewClientView(PortalView):
    """GET, POST /access/clients/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, ApiClientPermission.ADD, ApiClient)
        return self._page(ClientForm(roles=role_choices(self.actor)))

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, ApiClientPermission.ADD, ApiClient)
        self.require_recent_proof()
        form = ClientForm(request.POST, roles=role_choices(self.actor))
        if form.is_valid():
            try:
                client = self._make(form)
            except (Invalid, Conflict) as refusal:
                faults.put(form, refusal)
            else:
                return _once(self, client.pk, client.user.full_name, client.secret)
        return self._page(form, 422)

    @trail.unit()
    def _make(self, form: ClientForm) -> ApiClient:
        given = form.cleaned_data
        roles = [UUID(role) for role in given["roles"]]
        client = clients.create_client(self.actor, given["name"], roles)
        clients.set_client_expiry(self.actor, client.pk, faults.end_of(given["expires"]))
        if form.lines():
            clients.set_client_networks(self.actor, client.pk, form.lines())
        return client

    def _page(self, form: ClientForm, status: int = 200) -> HttpResponse:
        crumbs = [(_("API clients"), reverse("ui:clients")), (_("New API client"), "")]
        context = {"form": form, "crumbs": crumbs}
        return self.render("clients/new.html", "clients/new.html", context, status)


class ClientView(PortalView):
    """GET /access/clients/{id}/; POST sets the expiry, revokes a key, makes one."""

    def get(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest, client_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        action = request.POST.get("action", "")
        if action == "revoke":
            try:
                keys.revoke_key(self.actor, UUID(request.POST.get("key", "")))
            except ValueError:
                raise NotFound("API key") from None
            messages.success(request, _("Key revoked."))
        elif action in ("enable", "disable"):
            self._switch(client_id, on=action == "enable")
        elif action == "issue":
            return self._issue(client_id)
        elif action == "networks":
            return self._set_networks(client_id)
        return redirect("ui:client", client_id)

    @cached_property
    def program(self) -> Program:
        found = client_list.get_program(self.actor, self.kwargs["client_id"])
        if found is None:
            raise NotFound("API client")
        return found

    def _switch(self, client_id: UUID, *, on: bool) -> None:
        clients.set_keyed_user_active(self.actor, client_id, active=on)
        told = _("API client enabled.") if on else _("API client disabled.")
        back = {"action": "disable" if on else "enable"}
        undo.tell(self.request, told, self.request.path, back)

    def _set_networks(self, client_id: UUID) -> HttpResponse:
        form = NetworksForm(self.request.POST)
        if form.is_valid():
            try:
                clients.set_client_networks(self.actor, client_id, form.lines())
            except Invalid as refusal:
                faults.put(form, refusal)
            else:
                messages.success(self.request, _("Allowed addresses saved."))
                return redirect("ui:client", client_id)
        return self._page(status=422, networks=form)

    def _issue(self, client_id: UUID) -> HttpResponse:
        form = ClientKeyForm(self.request.POST)
        chosen = rights.known(self.request.POST.getlist("scopes"))
        if not form.is_valid():
            return self._page(form, chosen, 422)
        made = keys.issue_key(
            self.actor,
            self.program.user.pk,
            label=form.cleaned_data["label"],
            scopes=chosen if form.cleaned_data["reach"] == "some" else None,
            lifetime=form.ends_in(),
        )
        context = {
            "title": _("New API key of %(name)s") % {"name": self.program.user.full_name},
            "text": _("It is shown this one time; only a digest of it is kept."),
            "values": [(_("API key"), made.key, True)],
            "save_as": f"clients/{self.program.user.full_name}",
            "stored_url": reverse("ui:client", args=(client_id,)),
            "crumbs": self._crumbs(),
        }
        return self.render("people/once.html", "people/once.html", context)

    def _page(
        self,
        form: ClientKeyForm | None = None,
        chosen: frozenset[str] = frozenset(),
        status: int = 200,
        networks: NetworksForm | None = None,
    ) -> HttpResponse:
        program = self.program
        sees_keys = access.holds(self.actor, ApiKeyPermission.VIEW)
        context: dict[str, Any] = {
            "program": program,
            "given": selectors.memberships_of([program.user.pk])[program.user.pk],
            "keys": selectors.list_keys(self.actor, program.user.pk) if sees_keys else None,
            "may_change": access.holds(self.actor, ApiClientPermission.CHANGE),
            "may_delete": access.holds(self.actor, ApiClientPermission.DELETE),
            "may_issue": access.holds(self.actor, ApiKeyPermission.ADD),
            "may_revoke": access.holds(self.actor, ApiKeyPermission.DELETE),
            "actions": (REVOKE,),
            "form": form or ClientKeyForm(),
            "networks": networks
            or NetworksForm(initial={"networks": "\n".join(program.user.networks)}),
            "groups": rights.groups(chosen),
            "did": audit_url(self.actor, actor=str(program.user.pk)),
            "crumbs": self._crumbs(),
        }
        return self.render("clients/client.html", "clients/client.html", context, status)

    def _crumbs(self) -> list[tuple[str, str]]:
        return [(_("API clients"), reverse("ui:clients")), (self.program.user.full_name, "")]


class _ClientConfirm(ConfirmView):
    """A question about one API client."""

    @cached_property
    def program(self) -> Program:
        found = client_list.get_program(self.actor, self.kwargs["client_id"])
        if found is None:
            raise NotFound("API client")
        return found

    def done_url(self) -> str:
        return reverse("ui:client", args=(self.program.user.pk,))


class RotateClientView(_ClientConfirm):
    """GET asks, POST makes a new secret and shows it once."""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, ApiClientPermission.CHANGE, ApiClient)
        return Confirmation(
            title=_("Rotate the secret of %(name)s") % {"name": self.program.user.full_name},
            text=_("A new secret is made and shown once. Choose how long the old one opens."),
            button=_("Rotate now"),
            back_url=self.done_url(),
        )

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._form(RotateForm())

    def _form(self, form: RotateForm, status: int = 200) -> HttpResponse:
        asked = self.confirmation()
        context = {"asked": asked, "form": form, "crumbs": self._crumbs(asked.title)}
        return self.render("clients/rotate.html", "clients/rotate.html", context, status)

    def _crumbs(self, here: str) -> list[tuple[str, str]]:
        return [
            (_("API clients"), reverse("ui:clients")),
            (self.program.user.full_name, self.done_url()),
            (here, ""),
        ]

    def carry_out(self) -> None:
        raise TypeError("The secret is shown by post().")

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        name, client_id = self.program.user.full_name, self.program.user.pk
        form = RotateForm(request.POST)
        if not form.is_valid():
            return self._form(form, 422)
        overlap = timedelta(seconds=int(form.cleaned_data["overlap"]))
        secret = clients.rotate_secret(self.actor, client_id, overlap=overlap)
        return _once(self, client_id, name, secret)


class DeleteClientView(_ClientConfirm):
    """GET asks, POST deletes."""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, ApiClientPermission.DELETE, ApiClient)
        return Confirmation(
            title=_("Delete the API client %(name)s") % {"name": self.program.user.full_name},
            text=_("Its secret, keys, roles and grants go with it."),
            button=_("Delete"),
            back_url=self.done_url(),
            word=self.program.user.full_name,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        return super().post(request, **kwargs)

    def carry_out(self) -> None:
        if self.program.has_secret:
            clients.delete_client(self.actor, self.program.user.pk)
        else:
            clients.delete_keyed_user(self.actor, self.program.user.pk)
        messages.success(self.request, _("API client deleted."))

    def done_url(self) -> str:
        if self.request.method == "POST":
            return reverse("ui:clients")
        return super().done_url()


def _once(view: PortalView, client_id: UUID, name: str, secret: str) -> HttpResponse:
    context = {
        "title": _("Secret of %(name)s") % {"name": name},
        "text": _("With its id, a program takes tokens with this secret at /oauth/token."),
        "values": [(_("Client id"), str(client_id), False), (_("Secret"), secret, True)],
        "save_as": f"clients/{name}",
        "stored_url": reverse("ui:client", args=(client_id,)),
        "crumbs": [(_("API clients"), reverse("ui:clients")), (name, "")],
    }
    return view.render("people/once.html", "people/once.html", context)
