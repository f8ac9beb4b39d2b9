"""Storage pools: where the data of plans lies."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from s3vault_app import selectors
from s3vault_app.models import StoragePool
from s3vault_app.permissions import PoolPermission
from s3vault_app.services import pools
from s3vault_app.ui.forms import refusals
from s3vault_app.ui.forms.pool import PLACES, PoolForm
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import StorageView, plan_crumbs, pool_crumbs
from s3vault_app.ui.views.plans import tabs_of
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity import access
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class PoolsView(StorageView):
    """GET /storage/pools/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "pools": list(selectors.plans.list_pools(self.actor)),
            "tabs": tabs_of("pools"),
            "may_add": access.holds(self.actor, PoolPermission.ADD),
            "crumbs": plan_crumbs((_("Storage pools"), "")),
        }
        return self.render("s3vault_app/pools.html", "s3vault_app/pools.html", context)


class NewPoolView(StorageView):
    """GET, POST /storage/pools/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, PoolPermission.ADD, StoragePool)
        return self._page(PoolForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PoolForm(request.POST)
        if form.is_valid():
            try:
                made = pools.create_pool(self.actor, form.pool_fields())
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, PLACES)
            else:
                messages.success(request, _("Storage pool made."))
                return redirect("storage:pool", made.number)
        return self._page(form, 422)

    def _page(self, form: PoolForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "pool": None,
            "may_change": True,
            "crumbs": pool_crumbs((_("New storage pool"), "")),
        }
        return self.render("s3vault_app/pool.html", "s3vault_app/pool.html", context, status)


class PoolView(StorageView):
    """GET, POST /storage/pools/{number}/: credentials go in, and never come out."""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        pool = selectors.plans.get_pool(self.actor, number)
        return self._page(pool, PoolForm(pool=pool))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        pool = selectors.plans.get_pool(self.actor, number)
        form = PoolForm(request.POST, pool=pool)
        if form.is_valid():
            try:
                pools.change_pool(self.actor, number, form.pool_fields())
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, PLACES)
            else:
                messages.success(request, _("Storage pool saved."))
                return redirect("storage:pool", number)
        return self._page(pool, form, 422)

    def _page(self, pool: StoragePool, form: PoolForm, status: int = 200) -> HttpResponse:
        may_change = access.holds(self.actor, PoolPermission.CHANGE)
        if not may_change:
            for field in form.fields.values():
                field.disabled = True
        machines = selectors.machines.list_machines(self.actor).filter(pool=pool)
        plans = selectors.plans.list_plans(self.actor).filter(pool=pool)
        context = {
            "pool": pool,
            "form": form,
            "machines": list(machines),
            "plans": list(plans),
            "may_change": may_change,
            "may_delete": access.holds(self.actor, PoolPermission.DELETE),
            "crumbs": pool_crumbs((pool.name, "")),
        }
        return self.render("s3vault_app/pool.html", "s3vault_app/pool.html", context, status)


class DeletePoolView(ConfirmView):
    """GET asks, POST /storage/pools/{number}/delete/; plans and machines stand in its way."""

    done = False

    def confirmation(self) -> Confirmation:
        access.require(self.actor, PoolPermission.DELETE, StoragePool)
        pool = selectors.plans.get_pool(self.actor, self.kwargs["number"])
        home = reverse("storage:pool", args=[pool.number])
        return Confirmation(
            title=_("Delete the storage pool %(name)s") % {"name": pool.name},
            text=_("Its credentials are erased. A store that is there stays as it is."),
            button=_("Delete storage pool"),
            back_url=home,
            crumbs=tuple(pool_crumbs((pool.name, home), (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        try:
            pools.delete_pool(self.actor, self.kwargs["number"])
        except Conflict as refusal:
            messages.error(self.request, said(refusal.message))
            return
        self.done = True
        messages.success(self.request, _("Storage pool deleted."))

    def done_url(self) -> str:
        if self.done:
            return reverse("storage:pools")
        return reverse("storage:pool", args=[self.kwargs["number"]])
