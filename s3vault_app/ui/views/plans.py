"""Plans: their list, and a form with what it would mean beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from s3vault_app import selectors
from s3vault_app.models import StoragePlan
from s3vault_app.permissions import PlanPermission
from s3vault_app.selectors import search
from s3vault_app.selectors.search import Held
from s3vault_app.services import plans
from s3vault_app.ui import sentences
from s3vault_app.ui.forms import refusals
from s3vault_app.ui.forms.plan import PLACES, PlanForm
from s3vault_app.ui.sayings import said
from s3vault_app.ui.sentences import Rules
from s3vault_app.ui.views.base import StorageView, plan_crumbs
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity import access
from vaultportal.ui.tabs import Tab
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

MOST_LISTED = 10


def tabs_of(current: str) -> list[Tab]:
    """Plans, and the pools that they stand on."""
    return [
        Tab(_("Plans"), reverse("storage:plans"), current=current == "plans"),
        Tab(_("Storage pools"), reverse("storage:pools"), current=current == "pools"),
    ]


class PlansView(StorageView):
    """GET /storage/plans/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "plans": list(selectors.plans.list_plans(self.actor)),
            "tabs": tabs_of("plans"),
            "may_add": access.holds(self.actor, PlanPermission.ADD),
            "crumbs": [(_("Plans"), "")],
        }
        return self.render("s3vault_app/plans.html", "s3vault_app/plans.html", context)


class NewPlanView(StorageView):
    """GET, POST /storage/plans/new/; ``?part=effect`` says what the form would mean."""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, PlanPermission.ADD, StoragePlan)
        return self.page(self.form())

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, PlanPermission.ADD, StoragePlan)
        form = self.form(request.POST)
        if request.GET.get("part") == "effect":
            return render(request, "s3vault_app/_effect.html", self.effect(form))
        if form.is_valid():
            try:
                made = plans.create_plan(self.actor, form.plan_fields())
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, PLACES)
            else:
                messages.success(request, _("Plan made."))
                return redirect("storage:plan", made.number)
        return self.page(form, 422)

    def form(self, data: Any = None) -> PlanForm:
        return PlanForm(data, pools=list(selectors.plans.list_pools(self.actor)))

    def effect(self, form: PlanForm) -> dict[str, Any]:
        """Sentences of the form as it stands; of what it began with while it is wrong."""
        rules = form.rules if form.is_bound else _initial(form)
        return {
            "effect": sentences.effect(rules) if rules else [],
            "applies": _("It holds for vaults that are made with it."),
            "over": [],
        }

    def page(self, form: PlanForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "plan": None,
            "may_change": True,
            "crumbs": plan_crumbs((_("New plan"), "")),
            **self.effect(form),
        }
        return self.render("s3vault_app/plan.html", "s3vault_app/plan.html", context, status)


class PlanView(StorageView):
    """GET, POST /storage/plans/{number}/; ``?part=effect`` says what the form would mean."""

    _known: Held | None = None

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        plan = selectors.plans.get_plan(self.actor, number)
        return self._page(plan, self._form(plan))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        plan = selectors.plans.get_plan(self.actor, number)
        form = self._form(plan, request.POST)
        if request.GET.get("part") == "effect":
            return render(request, "s3vault_app/_effect.html", self._effect(plan, form))
        if form.is_valid():
            try:
                plans.change_plan(self.actor, number, form.plan_fields())
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, PLACES)
            else:
                messages.success(request, _("Plan saved. It holds for vaults made from now on."))
                return redirect("storage:plan", number)
        return self._page(plan, form, 422)

    def _form(self, plan: StoragePlan, data: Any = None) -> PlanForm:
        used = bool(getattr(plan, "vault_count", 0))
        pools = list(selectors.plans.list_pools(self.actor))
        return PlanForm(data, pools=pools, plan=plan, is_used=used, since=self._held(plan).since)

    def _held(self, plan: StoragePlan) -> Held:
        """Asked once for the form and for what it means."""
        if self._known is None:
            self._known = search.held_by(search.vaults_of_plan(self.actor, plan))
        return self._known

    def _effect(self, plan: StoragePlan, form: PlanForm) -> dict[str, Any]:
        rules = form.rules if form.is_bound else Rules.of_plan(plan)
        vaults = search.vaults_of_plan(self.actor, plan)
        quota = rules.quota_bytes if rules else 0
        over = vaults.filter(size_bytes__gt=quota) if quota else vaults.none()
        held = self._held(plan)
        return {
            "effect": sentences.effect(rules) if rules else [],
            "applies": sentences.reach(getattr(plan, "vault_count", 0)),
            "holding": sentences.holding(held.full, held.bytes),
            "over": list(over[:MOST_LISTED]),
        }

    def _page(self, plan: StoragePlan, form: PlanForm, status: int = 200) -> HttpResponse:
        may_change = access.may(self.actor, PlanPermission.CHANGE, plan)
        if not may_change:
            for field in form.fields.values():
                field.disabled = True
        context = {
            "plan": plan,
            "form": form,
            "may_change": may_change,
            "may_delete": access.may(self.actor, PlanPermission.DELETE, plan),
            "vaults": list(search.vaults_of_plan(self.actor, plan)[:MOST_LISTED]),
            "crumbs": plan_crumbs((plan.name, "")),
            **self._effect(plan, form),
        }
        return self.render("s3vault_app/plan.html", "s3vault_app/plan.html", context, status)


class DeletePlanView(ConfirmView):
    """GET asks, or lists the vaults that stand in the way; POST /storage/plans/{number}/delete/."""

    done = False

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        plan = self._plan()
        vaults = list(search.vaults_of_plan(self.actor, plan)[:MOST_LISTED])
        if not getattr(plan, "vault_count", 0):
            return super().get(request, **kwargs)
        context = {"plan": plan, "vaults": vaults, "crumbs": self.confirmation().crumbs}
        template = "s3vault_app/plan_in_use.html"
        return self.render(template, "s3vault_app/_plan_in_use_dialog.html", context)

    def confirmation(self) -> Confirmation:
        plan = self._plan()
        home = reverse("storage:plan", args=[plan.number])
        return Confirmation(
            title=_("Delete the plan %(name)s") % {"name": plan.name},
            text=_("No vault uses it. Nobody can make vaults with it any more."),
            button=_("Delete plan"),
            back_url=home,
            crumbs=tuple(plan_crumbs((plan.name, home), (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        try:
            plans.delete_plan(self.actor, self.kwargs["number"])
        except Conflict as refusal:
            messages.error(self.request, said(refusal.message))
            return
        self.done = True
        messages.success(self.request, _("Plan deleted."))

    def done_url(self) -> str:
        if self.done:
            return reverse("storage:plans")
        return reverse("storage:plan", args=[self.kwargs["number"]])

    def _plan(self) -> StoragePlan:
        plan = selectors.plans.get_plan(self.actor, self.kwargs["number"])
        access.require(self.actor, PlanPermission.DELETE, plan)
        return plan


def _initial(form: PlanForm) -> Rules:
    """What a fresh form means."""
    fields = form.fields
    return Rules(
        lock_mode=str(fields["lock_mode"].initial),
        days=int(fields["days"].initial),
        versioning=bool(fields["versioning"].initial),
        quota_bytes=0,
        lifecycle={},
    )
