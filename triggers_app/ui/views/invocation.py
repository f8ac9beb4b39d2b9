"""One delivery: its course, what was sent and came back, and what can be done about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from triggers_app import lookups, selectors
from triggers_app.engine import replaying
from triggers_app.models import Attempt, Invocation, Kind, Subscription
from triggers_app.permissions import InvocationPermission
from triggers_app.services import delivering
from triggers_app.ui import delivery, marks, tree
from triggers_app.ui.forms.answer import AnswerForm
from vaultportal.errors import Conflict, Forbidden, Invalid
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.views.base import PortalView

OWN = ("approver",)  # in the answer to a gate's question, the portal says who it was


class InvocationView(PortalView):
    """GET /events/invocations/{id}/; with ``part=state&v=`` what changes, 204 while nothing has."""

    def get(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        if request.GET.get("part") == "state":
            context = live_context(self.actor, invocation_id)
            if request.GET.get("v") == context["version"]:
                return HttpResponse(status=204)
            return self.render("triggers_app/_course.html", "triggers_app/_course.html", context)
        row, tries = selectors.get_invocation(self.actor, invocation_id)
        subscription = lookups.subscription_of(self.actor, row)
        context = _live(self.actor, row, tries, subscription) | {
            "subscription": subscription,
            "input": tree.of_value(row.input),
            "raw": tree.pretty(row.input),
            "output": tree.of_value(row.output) if row.output else [],
            "output_raw": tree.pretty(row.output) if row.output else "",
            "snippets": delivery.snippets(row, subscription),
            "pending": lookups.waits_for(self.actor, row.pk) if row.is_gate else None,
            "crumbs": crumbs(row),
        }
        return self.render("triggers_app/invocation.html", "triggers_app/invocation.html", context)


class RetryView(PortalView):
    """POST /events/invocations/{id}/retry/: make the next attempt at once."""

    def post(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        try:
            delivering.retry_now(self.actor, invocation_id)
        except Conflict:
            messages.error(
                request, _("There is no attempt to hurry: it is being sent, or is over.")
            )
        else:
            messages.success(request, _("The next attempt is made now."))
        return redirect("triggers:invocation", invocation_id)


class ReplayOneView(PortalView):
    """POST /events/invocations/{id}/replay/: deliver it once more, as a new invocation."""

    def post(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        try:
            made = replaying.replay_one(self.actor, invocation_id)
        except Conflict:
            messages.error(
                request, _("This cannot be delivered once more: its subscription is off or gone.")
            )
            return redirect("triggers:invocation", invocation_id)
        messages.success(request, _("Delivered once more, as a new invocation."))
        return redirect("triggers:invocation", made.pk)


class AnswerView(PortalView):
    """GET, POST /events/invocations/{id}/complete/: answer for the subscriber."""

    def get(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        row, schema = self._question(invocation_id)
        return self._page(row, AnswerForm(schema=schema, fixed=_fixed(row)))

    def post(self, request: HttpRequest, invocation_id: UUID) -> HttpResponse:
        row, schema = self._question(invocation_id)
        if row.is_gate:
            self.require_recent_proof()
        form = AnswerForm(request.POST, schema=schema, fixed=_fixed(row))
        if not form.is_valid():
            return self._page(row, form, 422)
        fails = "fail" in request.POST
        error = form.cleaned_data["error"].strip()
        if fails and not error:
            form.add_error("error", _("Say why there is no answer."))
            return self._page(row, form, 422)
        try:
            delivering.answer(self.actor, row.pk, form.output(), error if fails else "")
        except Invalid as refusal:
            form.refuse(refusal)
            return self._page(row, form, 422)
        except Conflict:
            messages.error(request, _("There is an outcome already; the first one stands."))
        else:
            messages.success(request, _("Failed, with your reason.") if fails else _("Answered."))
        return redirect("triggers:invocation", row.pk)

    def _question(self, invocation_id: UUID) -> tuple[Invocation, str]:
        row, _tries = selectors.get_invocation(self.actor, invocation_id)
        event_type = catalog.get(row.trigger)
        if event_type is None or event_type.output_schema is None:
            raise Http404
        if not delivering.may_answer(self.actor, row):
            raise Forbidden("invocation")
        return row, event_type.output_schema

    def _page(self, row: Invocation, form: AnswerForm, status: int = 200) -> HttpResponse:
        context = {
            "row": row,
            "form": form,
            "mark": marks.of_invocation(row),
            "pending": lookups.waits_for(self.actor, row.pk) if row.is_gate else None,
            "crumbs": crumbs(row, _("Answer")),
        }
        return self.render("triggers_app/answer.html", "triggers_app/answer.html", context, status)


def live_context(actor: Actor, invocation_id: UUID) -> dict[str, Any]:
    """What changes while one looks: state, course, what can be done."""
    row, tries = selectors.get_invocation(actor, invocation_id)
    return _live(actor, row, tries, lookups.subscription_of(actor, row))


def crumbs(row: Invocation, here: str = "") -> list[tuple[str, str]]:
    """From the log to the invocation, and to a page below it."""
    above = (_("Invocations"), reverse("triggers:invocations"))
    if not here:
        return [above, (short(row), "")]
    return [above, (short(row), reverse("triggers:invocation", args=[row.pk])), (here, "")]


def short(row: Invocation) -> str:
    """The id as people tell rows apart; its end, since the beginning is the time."""
    text = str(row.pk)
    return f"{text[:4]}…{text[-5:]}"


def _live(
    actor: Actor, row: Invocation, tries: list[Attempt], subscription: Subscription | None
) -> dict[str, Any]:
    is_open = row.completed_at is None
    wait = pause(row.created_at)
    version = f"{delivery.version(row, tries)}-{wait}"
    url = f"{reverse('triggers:invocation', args=[row.pk])}?part=state&v={version}"
    may_replay = access.holds(actor, InvocationPermission.REPLAY)
    usable = subscription is not None and subscription.enabled
    event_type = catalog.get(row.trigger)
    return {
        "row": row,
        "short": short(row),
        "trigger_name": _(event_type.name) if event_type else row.trigger,
        "mark": marks.of_invocation(row),
        "left": marks.time_left(row.deadline) if is_open else "",
        "took": delivery.duration_of(row),
        "points": delivery.points(row, tries),
        "version": version,
        "live": live_attrs(url, wait) if is_open else "",
        "may_retry": may_replay and delivering.is_hurried(row, subscription),
        "may_answer": is_open and delivering.may_answer(actor, row),
        "may_replay": may_replay and usable and not is_open and row.kind == Kind.FIRE_AND_FORGET,
    }


def _fixed(row: Invocation) -> tuple[str, ...]:
    return OWN if row.is_gate else ()
