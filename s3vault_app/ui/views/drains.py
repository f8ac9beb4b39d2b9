"""Stores that take no writes for a while, so that their data can be moved."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from s3vault_app import rows
from s3vault_app.models import Job, Machine
from s3vault_app.permissions import MachinePermission
from s3vault_app.selectors import search
from s3vault_app.services import drains
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import StorageView
from s3vault_app.ui.views.installs import JobConfirm
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity import access
from vaultportal.ui.views.confirm import Confirmation


class DrainView(JobConfirm):
    """GET asks, POST /storage/endpoints/{number}/drain/ begins the job."""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, MachinePermission.CHANGE, Machine)
        machine = self.machine()
        if machine.role != Machine.Role.STORE:  # there is nothing to drain
            raise NotFound("endpoint", reason=rows.UNKNOWN_ID)
        return self.asked(
            machine,
            title=_("Drain %(name)s") % {"name": machine.name},
            text=_(
                "Everything can be read meanwhile. It can be taken back at any time, which gives "
                "everybody the rights of before."
            ),
            button=_("Drain"),
            consequences=tuple(self._consequences(machine)),
        )

    def begin(self) -> Job:
        return drains.drain(self.actor, self.kwargs["number"])

    def _consequences(self, machine: Machine) -> list[str]:
        reach = search.reach_of_pool(self.actor, machine)
        if not reach.vaults:
            return [_("No vault lies here: none can be made until it is taken back.")]
        told = ngettext(
            "%(n)d vault takes no writes and no deletions: programs that try get 403.",
            "%(n)d vaults take no writes and no deletions: programs that try get 403.",
            reach.vaults,
        )
        found = [told % {"n": reach.vaults}]
        if reach.names:
            found.append(_("Among them: %(names)s.") % {"names": ", ".join(reach.names)})
        if reach.gateways:
            told = ngettext(
                "%(n)d gateway leads to this store, and takes no writes either.",
                "%(n)d gateways lead to this store, and take no writes either.",
                reach.gateways,
            )
            found.append(told % {"n": reach.gateways})
        else:
            found.append(_("It is their only endpoint: nowhere else do they take writes."))
        found.append(_("Key pairs that are made meanwhile read only, too."))
        return found


class TakeBackView(StorageView):
    """POST /storage/endpoints/{number}/take-back/: it takes writes again."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        try:
            job = drains.take_back(self.actor, number)
        except Conflict as refusal:
            messages.error(request, said(refusal.message))
            return redirect("storage:endpoint", number)
        return redirect("storage:job", job.pk)
