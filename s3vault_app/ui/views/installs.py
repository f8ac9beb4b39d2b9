"""Endpoints on machines: installed, stopped, started, taken off; and machines off the list."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from s3vault_app import selectors
from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.models import Job, Machine
from s3vault_app.permissions import MachinePermission
from s3vault_app.selectors import search
from s3vault_app.services import endpoints, machines, upgrades
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import StorageView, endpoint_crumbs, numbers
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.ui import undo
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class InstallView(StorageView):
    """GET, POST /storage/endpoints/{number}/install/: ``pool`` by number."""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        return self._page(selectors.machines.get_machine(self.actor, number))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        machine = selectors.machines.get_machine(self.actor, number)
        chosen = numbers(request.POST.getlist("pool"))
        if not chosen:
            return self._page(machine, _("Choose a storage pool."), 422)
        try:
            job = endpoints.install(self.actor, number, chosen[0])
        except Conflict as refusal:
            return self._page(machine, said(refusal.message), 409)
        return redirect("storage:job", job.pk)

    def _page(self, machine: Machine, refusal: str = "", status: int = 200) -> HttpResponse:
        home = reverse("storage:endpoint", args=[machine.number])
        pools = selectors.plans.list_pools(self.actor)
        context = {
            "machine": machine,
            "pools": [pool for pool in pools if pool.installs],
            "refusal": refusal,
            "back_url": home,
            "crumbs": endpoint_crumbs((machine.name, home), (_("Install"), "")),
        }
        return self.render("s3vault_app/install.html", "s3vault_app/install.html", context, status)


class SwitchView(StorageView):
    """POST /storage/endpoints/{number}/switch/: ``on`` is 1 or 0."""

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        enabled = request.POST.get("on") == "1"
        try:
            job = endpoints.set_enabled(self.actor, number, enabled=enabled)
        except Conflict as refusal:
            messages.error(request, said(refusal.message))
            return redirect("storage:endpoint", number)
        told = _("It is being started.") if enabled else _("It is being stopped.")
        undo.tell(request, told, request.path, {"on": "0" if enabled else "1"})
        return redirect("storage:job", job.pk)


class MachineConfirm(ConfirmView):
    """Asks before something is done to a machine."""

    def machine(self) -> Machine:
        return selectors.machines.get_machine(self.actor, self.kwargs["number"])

    def asked(self, machine: Machine, **words: Any) -> Confirmation:
        home = reverse("storage:endpoint", args=[machine.number])
        crumbs = tuple(endpoint_crumbs((machine.name, home), (str(words["button"]), "")))
        return Confirmation(back_url=home, crumbs=crumbs, **words)


class JobConfirm(MachineConfirm):
    """The same where a job does it: that is where it leads."""

    job: Job | None = None

    @abstractmethod
    def begin(self) -> Job:
        """Have it done. Raises Conflict, which is told at the endpoint."""

    def carry_out(self) -> None:
        try:
            self.job = self.begin()
        except Conflict as refusal:
            messages.error(self.request, said(refusal.message))

    def done_url(self) -> str:
        if self.job is not None:
            return reverse("storage:job", args=[self.job.pk])
        return reverse("storage:endpoint", args=[self.kwargs["number"]])


class UninstallView(JobConfirm):
    """GET asks, POST /storage/endpoints/{number}/uninstall/ begins the job."""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        machine = self.machine()
        vaults = list(search.vaults_of_machine(self.actor, machine))
        gone = []
        if vaults:
            told = ngettext(
                "%(n)d vault loses this endpoint: %(names)s.",
                "%(n)d vaults lose this endpoint: %(names)s.",
                len(vaults),
            )
            names = ", ".join(vault.name for vault in vaults[:10])
            gone.append(told % {"n": len(vaults), "names": names})
        if machine.role == Machine.Role.STORE:
            gone.append(_("It keeps the data of its storage pool: that goes with it."))
        return self.asked(
            machine,
            title=_("Uninstall the endpoint on %(name)s") % {"name": machine.name},
            text=_("The program and its files are taken off the machine; its login stays."),
            button=_("Uninstall endpoint"),
            consequences=tuple(gone),
            word=machine.name,
        )

    def begin(self) -> Job:
        return endpoints.uninstall(self.actor, self.kwargs["number"])


class UpgradeView(StorageView, JobConfirm):
    """GET asks, POST /storage/endpoints/{number}/upgrade/ begins the job.

    A gate may stand before it: a page of its own says so, which has no room in a dialog.
    """

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        machine = self.machine()
        try:
            upgrades.require_upgradable(machine)
        except Conflict as refusal:
            messages.error(request, said(refusal.message))
            return redirect("storage:endpoint", machine.number)
        return super().get(request, **kwargs)

    def confirmation(self) -> Confirmation:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        machine = self.machine()
        text = _(
            "The new version is put beside the one that runs, and has to prove that it reads, "
            "writes and lets no stranger in. Else the one of before runs again."
        )
        return self.asked(
            machine,
            title=_("Upgrade %(name)s to %(version)s") % {"name": machine.name, "version": VERSION},
            text=text,
            button=_("Upgrade"),
            consequences=tuple(self._consequences(machine)),
        )

    def begin(self) -> Job:
        return upgrades.upgrade(self.actor, self.kwargs["number"])

    def _consequences(self, machine: Machine) -> list[str]:
        found = [_("It is started anew: for some seconds it answers nobody.")]
        is_store = machine.role == Machine.Role.STORE
        if is_store and (reach := search.reach_of_pool(self.actor, machine)).gateways:
            told = ngettext(
                "%(n)d gateway leads to this store, and gives nothing in these seconds either.",
                "%(n)d gateways lead to this store, and give nothing in these seconds either.",
                reach.gateways,
            )
            found.append(told % {"n": reach.gateways})
        told = _("Version %(version)s stays on the machine until the proof has held.")
        found.append(told % {"version": machine.engine_version})
        return found


class RetireView(MachineConfirm):
    """GET asks, POST /storage/endpoints/{number}/retire/ takes the machine off the list."""

    done = False

    def confirmation(self) -> Confirmation:
        access.require(self.actor, MachinePermission.DELETE, Machine)
        machine = self.machine()
        return self.asked(
            machine,
            title=_("Remove %(name)s") % {"name": machine.name},
            text=_("The portal forgets the machine and erases its login. Nothing is done on it."),
            button=_("Remove machine"),
        )

    def carry_out(self) -> None:
        try:
            machines.retire(self.actor, self.kwargs["number"])
        except Conflict as refusal:
            messages.error(self.request, said(refusal.message))
            return
        self.done = True
        messages.success(self.request, _("Machine removed."))

    def done_url(self) -> str:
        if self.done:
            return reverse("storage:endpoints")
        return reverse("storage:endpoint", args=[self.kwargs["number"]])
