"""Gates: which operations somebody is asked about first, and who that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triggers_app import durations, lookups
from triggers_app.gates import queue, rules
from triggers_app.models import Gate, Subscription
from triggers_app.permissions import GatePermission
from triggers_app.ui import marks
from triggers_app.ui.forms.gate import GateForm
from vaultportal.errors import Invalid, Stale
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.ui import meanwhile
from vaultportal.ui.diff import Diff
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


@dataclass(frozen=True, slots=True)
class Line:
    """One gate in words. answers: the subscription that decides, where one does."""

    gate: Gate
    operation: str
    reach: str
    deciders: str
    time: str
    usable: str
    answers: Subscription | None = None
    waiting: int = 0


class GatesView(PortalView):
    """GET /events/gates/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        gates = rules.list_gates(self.actor)
        answering = lookups.answering(self.actor, {gate.trigger for gate in gates})
        waiting = queue.waiting_by_gate(self.actor, [gate.pk for gate in gates])
        context = {
            "lines": [
                line(gate, answering.get(gate.trigger), waiting.get(gate.pk, 0)) for gate in gates
            ],
            "may_add": access.holds(self.actor, GatePermission.ADD),
            "crumbs": [(_("Gates"), "")],
        }
        return self.render("triggers_app/gates.html", "triggers_app/gates.html", context)


class NewGateView(PortalView):
    """GET, POST /events/gates/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, GatePermission.ADD, Gate)
        initial = {"trigger": request.GET.get("trigger", "")}
        return self._page(GateForm(initial=initial, roles=lookups.named_roles(self.actor)))

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, GatePermission.ADD, Gate)
        form = GateForm(request.POST, roles=lookups.named_roles(self.actor))
        if form.is_valid():
            try:
                rules.add_gate(self.actor, form.gate())
            except Invalid as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("The gate is in place."))
                return redirect("triggers:gates")
        return self._page(form, 422)

    def _page(self, form: GateForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "may_change": True, "crumbs": [_above(), (_("New gate"), "")]}
        return self.render("triggers_app/gate.html", "triggers_app/gate.html", context, status)


class GateView(PortalView):
    """GET, POST /events/gates/{id}/"""

    def get(self, request: HttpRequest, gate_id: UUID) -> HttpResponse:
        gate = rules.get_gate(self.actor, gate_id)
        return self._page(gate, GateForm(stored=gate, roles=lookups.named_roles(self.actor)))

    def post(self, request: HttpRequest, gate_id: UUID) -> HttpResponse:
        access.require(self.actor, GatePermission.CHANGE, Gate)
        gate = rules.get_gate(self.actor, gate_id)
        form = GateForm(request.POST, stored=gate, roles=lookups.named_roles(self.actor))
        if not form.is_valid():
            return self._page(gate, form, 422)
        try:
            version = form.cleaned_data["version"]
            rules.change_gate(self.actor, gate.pk, form.gate(), version=version)
        except Stale:
            return self._overtaken(form, gate_id)
        except Invalid as refusal:
            form.refuse(refusal)
            return self._page(gate, form, 422)
        messages.success(request, _("Saved. It holds from the next request on."))
        return redirect("triggers:gates")

    def _overtaken(self, form: GateForm, gate_id: UUID) -> HttpResponse:
        gate = rules.get_gate(self.actor, gate_id)
        theirs = GateForm(stored=gate, roles=lookups.named_roles(self.actor))
        meanwhile.build_on(form, version=gate.version)
        return self._page(gate, form, 409, meanwhile.differences(theirs, form))

    def _page(
        self, gate: Gate, form: GateForm, status: int = 200, diff: Diff | None = None
    ) -> HttpResponse:
        answering = lookups.answering(self.actor, {gate.trigger})
        context = {
            "gate": gate,
            "form": form,
            "diff": diff,
            "line": line(gate, answering.get(gate.trigger)),
            "may_change": access.holds(self.actor, GatePermission.CHANGE),
            "may_delete": access.holds(self.actor, GatePermission.DELETE),
            "crumbs": [_above(), (gate.name, "")],
        }
        return self.render("triggers_app/gate.html", "triggers_app/gate.html", context, status)


class DeleteGateView(ConfirmView):
    """GET, POST /events/gates/{id}/delete/"""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, GatePermission.DELETE, Gate)
        gate = rules.get_gate(self.actor, self.kwargs["gate_id"])
        waiting = queue.waiting_by_gate(self.actor, [gate.pk]).get(gate.pk, 0)
        return Confirmation(
            title=_("Delete the gate %(name)s") % {"name": gate.name},
            text=_("Nobody is asked before this operation any more."),
            button=_("Delete gate"),
            back_url=reverse("triggers:gate", args=[gate.pk]),
            consequences=(
                ngettext(
                    "%(n)d question that waits is never allowed.",
                    "%(n)d questions that wait are never allowed.",
                    waiting,
                )
                % {"n": waiting},
            )
            if waiting
            else (),
            word=gate.name if gate.enabled else "",
            crumbs=(
                _above(),
                (gate.name, reverse("triggers:gate", args=[gate.pk])),
                (_("Delete"), ""),
            ),
        )

    def carry_out(self) -> None:
        rules.delete_gate(self.actor, self.kwargs["gate_id"])
        messages.success(self.request, _("Gate deleted."))

    def done_url(self) -> str:
        return reverse("triggers:gates")


def line(gate: Gate, answers: Subscription | None = None, waiting: int = 0) -> Line:
    """A gate in words; its roles and objects are loaded."""
    event_type = catalog.get(gate.trigger)
    by_people = gate.approval == Gate.Approval.PEOPLE
    names = ", ".join(role.name for role in gate.approvers.all())
    return Line(
        gate,
        _(event_type.name) if event_type else gate.trigger,
        _reach(gate),
        names if by_people else "",
        marks.duration(durations.seconds(gate.response_deadline)) if by_people else "",
        marks.duration(gate.usable_for),
        None if by_people else answers,
        waiting,
    )


def _reach(gate: Gate) -> str:
    objects, roles = len(gate.objects_behind.all()), gate.roles.all()
    parts = [
        ngettext("%(n)d object", "%(n)d objects", objects) % {"n": objects}
        if objects
        else _("every object")
    ]
    if roles:
        parts.append(_("asked by %(roles)s") % {"roles": ", ".join(role.name for role in roles)})
    return ", ".join(parts)


def _above() -> tuple[str, Any]:
    return (_("Gates"), reverse("triggers:gates"))
