"""Machines: registered, trusted by their host key, changed, put to work, retired."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from s3vault_app import hostkeys, selectors
from s3vault_app.models import Machine
from s3vault_app.permissions import MachinePermission
from s3vault_app.services import machines
from s3vault_app.ui.forms import refusals
from s3vault_app.ui.forms.machine import PLACES, MachineEditForm, MachineForm
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import StorageView, endpoint_crumbs
from vaultportal.errors import Conflict, Invalid, Unavailable
from vaultportal.identity import access
from vaultportal.ui.views.appearance import own_address


class NewMachineView(StorageView):
    """GET, POST /storage/endpoints/new/?next=: its host key is read at once, to be looked at."""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, MachinePermission.ADD, Machine)
        return self._page(MachineForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MachineForm(request.POST)
        if form.is_valid():
            try:
                machine = machines.register_seen(self.actor, form.machine_fields())
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, PLACES)
            else:
                return redirect(_host_key_url(machine.number, self._next))
        return self._page(form, 422)

    @property
    def _next(self) -> str:
        return self.request.GET.get("next", "")

    def _page(self, form: MachineForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "back_url": own_address(self.request, self._next) if self._next else "",
            "crumbs": endpoint_crumbs((_("New machine"), "")),
        }
        template = "s3vault_app/new_machine.html"
        return self.render(template, template, context, status)


class HostKeyView(StorageView):
    """GET shows both keys; POST /storage/endpoints/{number}/host-key/?next= looks, or accepts.

    ``act``: look or accept; ``fingerprint`` of the key on the page; ``compared``: that it was.
    """

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        return self._page(selectors.machines.get_machine(self.actor, number))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        machine = selectors.machines.get_machine(self.actor, number)
        if request.POST.get("act") == "look":
            try:
                machine = machines.look(self.actor, number)
            except Unavailable as away:
                return self._page(machine, said(away.message), 503)
            return redirect(_host_key_url(number, self._next))
        if not request.POST.get("compared"):
            told = _("Compare the fingerprint on the machine first, then say that it matches.")
            return self._page(machine, told, 422)
        try:
            machines.accept_host_key(self.actor, number, request.POST.get("fingerprint", ""))
        except Conflict as refusal:
            return self._page(machine, said(refusal.message), 409)
        messages.success(request, _("The host key is accepted."))
        return redirect(self._onward(number))

    def _onward(self, number: int) -> str:
        if not self._next:
            return reverse("storage:endpoint", args=[number])
        url = own_address(self.request, self._next)
        chooses = url == reverse("storage:new_endpoints")
        return f"{url}?add={number}" if chooses else url

    @property
    def _next(self) -> str:
        return self.request.GET.get("next", "")

    def _page(self, machine: Machine, refusal: str = "", status: int = 200) -> HttpResponse:
        home = reverse("storage:endpoint", args=[machine.number])
        context = {
            "machine": machine,
            "pinned": hostkeys.fingerprint(machine.host_key),
            "offered": hostkeys.fingerprint(machine.offered_host_key),
            "kind": machine.offered_host_key.partition(" ")[0],
            "refusal": refusal,
            "back_url": own_address(self.request, self._next) if self._next else home,
            "crumbs": endpoint_crumbs((machine.name, home), (_("Host key"), "")),
        }
        template = "s3vault_app/host_key.html"
        return self.render(template, template, context, status)


class EditMachineView(StorageView):
    """GET, POST /storage/endpoints/{number}/edit/: a login that is left empty stays."""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        machine = selectors.machines.get_machine(self.actor, number)
        return self._page(machine, MachineEditForm(machine=machine))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        machine = selectors.machines.get_machine(self.actor, number)
        form = MachineEditForm(request.POST, machine=machine)
        if form.is_valid():
            try:
                changed = machines.change(self.actor, number, form.machine_fields())
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, PLACES)
            else:
                return self._saved(changed)
        return self._page(machine, form, 422)

    def _saved(self, machine: Machine) -> HttpResponse:
        if machine.state == Machine.State.NEW and machine.kind == Machine.Kind.SSH:
            messages.success(self.request, _("Saved. Another place has to be trusted anew."))
            return redirect(_host_key_url(machine.number, ""))
        messages.success(self.request, _("Machine saved."))
        return redirect("storage:endpoint", machine.number)

    def _page(self, machine: Machine, form: MachineEditForm, status: int = 200) -> HttpResponse:
        home = reverse("storage:endpoint", args=[machine.number])
        context = {
            "machine": machine,
            "form": form,
            "keeps_login": "user" in form.fields,
            "back_url": home,
            "crumbs": endpoint_crumbs((machine.name, home), (_("Edit"), "")),
        }
        template = "s3vault_app/edit_machine.html"
        return self.render(template, template, context, status)


def _host_key_url(number: int, onward: str) -> str:
    query = f"?{urlencode({'next': onward})}" if onward else ""
    return reverse("storage:host_key", args=[number]) + query
