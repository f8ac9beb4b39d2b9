"""A new vault in four steps. Each has an address, and the draft keeps what was chosen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from s3vault_app import selectors
from s3vault_app.models import StoragePlan, VaultDraft
from s3vault_app.permissions import MachinePermission
from s3vault_app.selectors import search
from s3vault_app.services import drafts, vaults
from s3vault_app.services.previews import preview_vault
from s3vault_app.ui import order
from s3vault_app.ui.forms.vault import NameForm, name_fault
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import StorageView, numbers, vault_crumbs
from s3vault_app.ui.views.vaults import may_order
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, VaultError
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.steps import Step

STEPS = ("new", "new_endpoints", "new_owners", "new_review")
MOST_MACHINES = 100


class _OrderingView(View):
    """For those who may make vaults alone, whatever they ask; behind what knows the actor."""

    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_order(self.actor):
            raise Forbidden("vault", reason="permission")
        return super().dispatch(request, *args, **kwargs)


class WizardView(StorageView, _OrderingView, ABC):
    """One step. ``go`` of a post says where to: on, back, to an earlier step, or beside."""

    step: str
    template: str

    def get(self, request: HttpRequest) -> HttpResponse:
        draft = drafts.get_draft(self.actor)
        if self.step != STEPS[0] and self.plan_of(draft) is None:
            return redirect("storage:new")  # there is nothing to go on from
        return self.show(draft)

    def show(self, draft: VaultDraft, status: int = 200, **further: Any) -> HttpResponse:
        """The page of the step."""
        context = {
            "draft": draft,
            "steps": steps_of(self.step),
            "crumbs": vault_crumbs((_("New vault"), "")),
            **self.content(draft),
            **further,
        }
        return self.render(self.template, self.template, context, status)

    @abstractmethod
    def content(self, draft: VaultDraft) -> dict[str, Any]:
        """What the step asks."""

    def plan_of(self, draft: VaultDraft) -> StoragePlan | None:
        """The chosen plan; None when none was chosen, or it is gone."""
        if draft.plan is None:
            return None
        return selectors.plans.usable_plans(self.actor).filter(number=draft.plan).first()

    def onward(self) -> HttpResponse:
        """To the step before, to an earlier one, or to the next."""
        at = STEPS.index(self.step)
        if self.goes in STEPS[:at]:
            return redirect(f"storage:{self.goes}")
        return redirect(f"storage:{STEPS[at - 1 if self.goes == 'back' else at + 1]}")

    @property
    def goes(self) -> str:
        return self.request.POST.get("go", "")


class NewView(WizardView):
    """GET, POST /storage/vaults/new/: name and plan. ``?part=name`` says whether it is free."""

    step, template = STEPS[0], "s3vault_app/new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("part") == "name":
            name = request.GET.get("name", "").strip()
            context = {"name": name, "fault": name_fault(name) if name else ""}
            return render(request, "s3vault_app/_name_free.html", context)
        return super().get(request)

    def content(self, draft: VaultDraft) -> dict[str, Any]:
        plans = list(selectors.plans.usable_plans(self.actor))
        only = plans[0].number if len(plans) == 1 else None
        initial = {"name": draft.name, "plan": draft.plan or only}
        return {"form": NameForm(initial=initial, plans=plans)}

    def post(self, request: HttpRequest) -> HttpResponse:
        plans = list(selectors.plans.usable_plans(self.actor))
        form = NameForm(request.POST, plans=plans)
        if not form.is_valid():
            return self.show(drafts.get_draft(self.actor), 422, form=form)
        given = form.cleaned_data
        drafts.change_draft(self.actor, name=given["name"], plan=given["plan"])
        return self.onward()


class NewEndpointsView(WizardView):
    """GET, POST /storage/vaults/new/endpoints/: ``machines``; ``?add=`` ticks one more."""

    step, template = STEPS[1], "s3vault_app/new_endpoints.html"

    def content(self, draft: VaultDraft) -> dict[str, Any]:
        plan = self.plan_of(draft)
        assert plan is not None  # noqa: S101 get has looked
        rows = list(search.find_machines(self.actor, {}))
        added = numbers(self.request.GET.getlist("add"))
        return {
            "plan": plan,
            "rows": order.choices(rows, plan.pool, chosen={*draft.machines, *added}),
            "may_add": access.holds(self.actor, MachinePermission.ADD),
            "may_install": access.holds(self.actor, MachinePermission.CHANGE),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        given = numbers(request.POST.getlist("machines"))
        seen = search.find_machines(self.actor, {}).filter(number__in=given)[:MOST_MACHINES]
        drafts.change_draft(self.actor, machines=[machine.number for machine in seen])
        if self.goes == "add":
            here = reverse("storage:new_endpoints")
            return redirect(f"{reverse('storage:new_machine')}?next={here}")
        return self.onward()


class NewOwnersView(WizardView):
    """GET, POST /storage/vaults/new/owners/?q=: ``owners``, ``groups``, ``rotate_keys``.

    ``?part=found`` keeps them and answers with who else fits ``q``.
    """

    step, template = STEPS[2], "s3vault_app/new_owners.html"

    def content(self, draft: VaultDraft) -> dict[str, Any]:
        words = self.request.GET.get("q", "")
        return order.people(self.actor, words, draft.owners, draft.groups)

    def post(self, request: HttpRequest) -> HttpResponse:
        words = request.POST.get("q", "")
        owners, groups = (numbers(request.POST.getlist(name)) for name in ("owners", "groups"))
        chosen = selectors.grants.chosen(self.actor, owners, groups)
        draft = drafts.change_draft(
            self.actor,
            owners=[user.number for user in chosen.people],
            groups=[role.pk for role in chosen.roles],
            rotate_keys="rotate_keys" in request.POST,
        )
        if request.GET.get("part") == "found":
            context = order.people(self.actor, words, draft.owners, draft.groups)
            return render(request, "s3vault_app/_found.html", context)
        if self.goes == "search":
            return redirect(order.with_words(reverse("storage:new_owners"), words))
        return self.onward()


class NewReviewView(WizardView):
    """GET /storage/vaults/new/review/ shows it all, ``?part=look`` asks the machines; POST orders.

    A gate may stand before it: the draft stays, and the same post goes through once it is allowed.
    """

    step, template = STEPS[3], "s3vault_app/new_review.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("part") == "look":
            return self._look()
        return super().get(request)

    def content(self, draft: VaultDraft) -> dict[str, Any]:
        plan = self.plan_of(draft)
        assert plan is not None  # noqa: S101 get has looked
        base = self.request.build_absolute_uri("/").rstrip("/")
        return {
            "plan": plan,
            "fault": name_fault(draft.name),
            **order.summary(self.actor, draft, plan),
            "snippets": order.snippets(draft, plan, base),
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.goes == "back" or self.goes in STEPS[:-1]:
            return self.onward()
        draft = drafts.get_draft(self.actor)
        if self.plan_of(draft) is None:
            return redirect("storage:new")
        try:
            made = vaults.create_vault(self.actor, drafts.order_of(draft))
        except (Conflict, Invalid, NotFound) as refusal:
            status = 409 if isinstance(refusal, Conflict) else 422
            return self.show(draft, status, refusal=said(refusal.message))
        drafts.discard_draft(self.actor)
        return redirect("storage:job", made.job.pk)

    def _look(self) -> HttpResponse:
        """What would happen on each machine: signs in there, and changes nothing."""
        draft = drafts.get_draft(self.actor)
        context: dict[str, Any] = {}
        try:
            context["preview"] = preview_vault(self.actor, drafts.order_of(draft))
        except Forbidden:
            raise
        except VaultError as refusal:
            context["refusal"] = said(refusal.message)
        return render(self.request, "s3vault_app/_preview.html", context)


class DiscardView(StorageView):
    """POST /storage/vaults/new/discard/"""

    def post(self, request: HttpRequest) -> HttpResponse:
        drafts.discard_draft(self.actor)
        messages.success(request, _("Nothing was made."))
        return redirect("storage:vaults")


def steps_of(current: str) -> list[Step]:
    """The four steps; those before the present one can be gone back to."""
    labels = (_("Name and plan"), _("Endpoints"), _("Owners"), _("Review"))
    at = STEPS.index(current)
    return [
        Step(
            label,
            "done" if place < at else "now" if place == at else "todo",
            go=name if place < at else "",
        )
        for place, (name, label) in enumerate(zip(STEPS, labels, strict=True))
    ]
