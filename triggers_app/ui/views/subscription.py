"""One subscription: how it goes, switching it on and off, its signing secret, its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from triggers_app import drafts, lookups, selectors
from triggers_app.models import Kind, Subscription
from triggers_app.permissions import InvocationPermission, SubscriptionPermission
from triggers_app.selectors import LogFilter
from triggers_app.services import subscriptions
from triggers_app.standings import Standing, standings
from triggers_app.ui import delivery, marks
from triggers_app.ui.forms.subscription import RotateForm
from triggers_app.ui.sentences import said
from triggers_app.ui.views.subscriptions import Line
from vaultportal.errors import Forbidden
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.ui import undo
from vaultportal.ui.names import names_of
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

LATEST = 8


class SubscriptionView(PortalView):
    """GET /events/subscriptions/{id}/"""

    def get(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = selectors.get_subscription(self.actor, str(subscription_id))
        context = head(self.actor, row) | {
            "line": Line(
                row, marks.of_subscription(row), standings([row.pk]).get(row.pk, Standing())
            ),
            "why": marks.why_off(row),
            "elsewhere": _elsewhere(row),
            "attempts_at": delivery.schedule_in_words(row.kind, row.mode),
            "asks": row.kind == Kind.REQUEST_RESPONSE,
            "author": "".join(names_of(self.actor, [row.author_id]).values()),
            "crumbs": crumbs(row),
        }
        if context["sees_log"]:
            chosen = LogFilter(subscription_id=row.pk)
            latest = selectors.list_log(self.actor, chosen, LATEST)
            context["latest"] = [
                (each, marks.of_invocation(each), said(each.error_message or "")) for each in latest
            ]
        return self.render(
            "triggers_app/subscription.html", "triggers_app/subscription.html", context
        )


class SwitchView(PortalView):
    """POST /events/subscriptions/{id}/switch/ with ``to`` on or off.

    One that failed is asked for a test first: GET, or a POST without ``anyway``, says so.
    """

    def get(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        return self._page(changeable(self.actor, subscription_id))

    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = changeable(self.actor, subscription_id)
        wanted = request.POST.get("to") == "on"
        if wanted and "anyway" not in request.POST and self._needs_test(row):
            return self._page(row, 422)
        subscriptions.set_enabled(self.actor, str(row.pk), enabled=wanted)
        told = _("Switched on.") if wanted else _("Switched off.")
        # Back as it was a moment ago, also one that would be asked for a test first.
        back = {"to": "off"} if wanted else {"to": "on", "anyway": "1"}
        undo.tell(request, told, request.path, back if row.enabled != wanted else None)
        return redirect("triggers:subscription", row.pk)

    def _needs_test(self, row: Subscription) -> bool:
        if not marks.needs_test(row):
            return False
        failed = row.health.last_failure_at or row.disabled_at
        if failed is None:
            return True
        return not lookups.answered_test_since(self.actor, row, failed)

    def _page(self, row: Subscription, status: int = 200) -> HttpResponse:
        may_test = access.holds(self.actor, InvocationPermission.TEST)
        above = crumbs(row, _("Switch on"))
        context = {"row": row, "why": marks.why_off(row), "may_test": may_test, "crumbs": above}
        name = "triggers_app/switch.html"
        return self.render(name, name, context, status)


class SecretView(PortalView):
    """GET asks, POST /events/subscriptions/{id}/secret/ makes a new one and shows it this once."""

    def get(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = changeable(self.actor, subscription_id)
        return self._page(row, RotateForm())

    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        row = changeable(self.actor, subscription_id)
        form = RotateForm(request.POST)
        if not form.is_valid():
            return self._page(row, form, 422)
        overlap = timedelta(seconds=form.cleaned_data["overlap"])
        made = subscriptions.rotate_signing_secret(self.actor, str(row.pk), overlap)
        return shown_once(self, made)

    def _page(self, row: Subscription, form: RotateForm, status: int = 200) -> HttpResponse:
        context = {"row": row, "form": form, "crumbs": crumbs(row, _("Signing secret"))}
        name = "triggers_app/rotate.html"
        return self.render(name, name, context, status)


class DeleteView(ConfirmView):
    """GET, POST /events/subscriptions/{id}/delete/"""

    def confirmation(self) -> Confirmation:
        row = selectors.get_subscription(self.actor, str(self.kwargs["subscription_id"]))
        if not access.may(self.actor, SubscriptionPermission.DELETE, row):
            raise Forbidden("subscription")
        waiting = lookups.in_flight(self.actor, row)
        asks = row.kind == Kind.REQUEST_RESPONSE
        goes = [
            ngettext(
                "%(n)d delivery in flight is dropped.",
                "%(n)d deliveries in flight are dropped.",
                waiting,
            )
            % {"n": waiting}
            if waiting
            else "",
            _("Questions of gates get no answer from it any more.") if asks else "",
        ]
        return Confirmation(
            title=_("Delete the subscription %(name)s") % {"name": row.name},
            text=_("Nothing is sent there any more. Its log stays."),
            button=_("Delete subscription"),
            back_url=reverse("triggers:subscription", args=[row.pk]),
            consequences=tuple(filter(None, goes)),
            word=row.name if row.enabled else "",
            crumbs=tuple(crumbs(row, _("Delete"))),
        )

    def carry_out(self) -> None:
        subscriptions.delete_subscription(self.actor, str(self.kwargs["subscription_id"]))
        messages.success(self.request, _("Subscription deleted."))

    def done_url(self) -> str:
        return reverse("triggers:subscriptions")


def _elsewhere(row: Subscription) -> dict[str, str]:
    """For which host the credential was given, and to which it goes; empty where they are one."""
    given, goes = row.credential_origin, drafts.origin(row.url)
    return {"given": given, "goes": goes} if given and given != goes else {}


def shown_once(view: PortalView, made: subscriptions.Made) -> HttpResponse:
    """The page with a new signing secret: nobody can look at it again."""
    row = made.subscription
    context = {
        "row": row,
        "values": [
            (_("Address"), row.url, False),
            (_("Signing secret"), made.signing_secret, True),
        ],
        "save_as": f"webhooks/{row.name}",
        "until": row.previous_until,
        "stored_url": reverse("triggers:subscription", args=[row.pk]),
        "crumbs": crumbs(row, _("Signing secret")),
    }
    response = view.render(
        "triggers_app/secret_once.html", "triggers_app/secret_once.html", context
    )
    response["Cache-Control"] = "no-store"
    return response


def changeable(actor: Any, subscription_id: UUID) -> Subscription:
    """One that the actor may change; Forbidden for who may only look."""
    row = selectors.get_subscription(actor, str(subscription_id))
    if not access.may(actor, SubscriptionPermission.CHANGE, row):
        raise Forbidden("subscription")
    return row


def head(actor: Any, row: Subscription) -> dict[str, Any]:
    """What the head of its pages needs."""
    event_type = catalog.get(row.trigger)
    return {
        "row": row,
        "mark": marks.of_subscription(row),
        "trigger_name": _(event_type.name) if event_type else row.trigger,
        "may_change": access.may(actor, SubscriptionPermission.CHANGE, row),
        "may_delete": access.may(actor, SubscriptionPermission.DELETE, row),
        "may_test": access.holds(actor, InvocationPermission.TEST),
        "sees_log": access.holds(actor, InvocationPermission.VIEW),
    }


def crumbs(row: Subscription, here: str = "") -> list[tuple[str, str]]:
    """From the list to the subscription, and to a page below it."""
    above = (_("Subscriptions"), reverse("triggers:subscriptions"))
    if not here:
        return [above, (row.name, "")]
    return [above, (row.name, reverse("triggers:subscription", args=[row.pk])), (here, "")]
