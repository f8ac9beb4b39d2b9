"""Making and changing a subscription, with the workbench for its filter beside the form."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from triggers_app import wire
from triggers_app.models import Kind, Mode, Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import subscriptions
from triggers_app.ui import delivery, tree
from triggers_app.ui.credentials import take_over
from triggers_app.ui.forms.subscription import SubscriptionForm
from triggers_app.ui.views.subscription import changeable, crumbs, head, shown_once
from triggers_app.ui.views.workbench import Bench
from vaultportal.errors import Invalid
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.ui import meanwhile
from vaultportal.ui.diff import Diff
from vaultportal.ui.views.base import PortalView

TEMPLATE = "triggers_app/editor.html"


class NewView(PortalView):
    """GET, POST /events/subscriptions/new/?trigger="""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SubscriptionPermission.ADD, Subscription)
        trigger = request.GET.get("trigger", "")
        return self._page(SubscriptionForm(initial={"trigger": trigger}), trigger)

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SubscriptionPermission.ADD, Subscription)
        form = SubscriptionForm(request.POST)
        trigger = request.POST.get("trigger", "")
        if "check" in request.POST:  # without script
            return self._page(form, trigger)
        if form.is_valid() and take_over(self, form):
            try:
                made = subscriptions.create_subscription(self.actor, form.draft())
                if changes := form.delivery():
                    key = str(made.subscription.pk)
                    subscriptions.set_delivery(self.actor, key, changes)
            except Invalid as refusal:
                form.refuse(refusal)
            else:
                return shown_once(self, made)
        return self._page(form, trigger, status=422)

    def _page(self, form: SubscriptionForm, trigger: str, status: int = 200) -> HttpResponse:
        bench = Bench.of(self.actor, self.request, trigger)
        event_type = catalog.get(trigger)
        context = {
            "form": form,
            "bench": bench,
            "asks": event_type is None or event_type.kind == Kind.REQUEST_RESPONSE,
            "attempts_at": delivery.schedule_in_words(event_type.kind, Mode.ASYNC)
            if event_type
            else "",
            "crumbs": [
                (_("Subscriptions"), reverse("triggers:subscriptions")),
                (_("New subscription"), ""),
            ],
        }
        return self.render(TEMPLATE, TEMPLATE, context, status)


class EditView(PortalView):
    """GET, POST /events/subscriptions/{id}/edit/"""

    def get(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = changeable(self.actor, subscription_id)
        return self._page(row, SubscriptionForm(stored=row))

    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = changeable(self.actor, subscription_id)
        form = SubscriptionForm(request.POST, stored=row)
        if "check" in request.POST:
            return self._page(row, form)
        if not form.is_valid():
            return self._page(row, form, status=422)
        if form.cleaned_data["version"] not in (None, row.version):
            diff = _differences(row, form)
            meanwhile.build_on(form, version=row.version)
            return self._page(row, form, status=409, diff=diff)
        if not take_over(self, form):
            return self._page(row, form, status=422)
        try:
            subscriptions.replace_subscription(self.actor, str(row.pk), form.draft())
            if changes := form.delivery():
                subscriptions.set_delivery(self.actor, str(row.pk), changes)
        except Invalid as refusal:
            form.refuse(refusal)
            return self._page(row, form, status=422)
        messages.success(request, _("Saved."))
        return redirect("triggers:subscription", row.pk)

    def _page(
        self,
        row: Subscription,
        form: SubscriptionForm,
        *,
        status: int = 200,
        diff: Diff | None = None,
    ) -> HttpResponse:
        context: dict[str, Any] = head(self.actor, row) | {
            "form": form,
            "bench": Bench.of(self.actor, self.request, row.trigger, stored=row),
            "asks": row.kind == Kind.REQUEST_RESPONSE,
            "attempts_at": delivery.schedule_in_words(row.kind, row.mode),
            "diff": diff,
            "crumbs": crumbs(row, _("Edit")),
        }
        return self.render(TEMPLATE, TEMPLATE, context, status)


def _differences(row: Subscription, form: SubscriptionForm) -> Diff:
    """What saving would do to what somebody else has saved meanwhile."""
    draft = form.draft()
    mine = Subscription(
        pk=row.pk,
        trigger=row.trigger,
        name=draft.name,
        description=draft.description,
        response_deadline=draft.response_deadline,
        url=draft.url,
        mode=Mode(draft.mode),
        authentication=draft.authentication,
        user_name=draft.user_name,
        enabled=row.enabled,
        filter=draft.filter,
    )
    return Diff.of(tree.pretty(wire.write(row)), tree.pretty(wire.write(mine)))
