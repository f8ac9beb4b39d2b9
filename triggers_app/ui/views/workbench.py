"""The workbench of filters: tried while one types, and fired at the real endpoint as a test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from triggers_app import samples, selectors
from triggers_app.models import Subscription
from triggers_app.permissions import SubscriptionPermission
from triggers_app.samples import Sample
from triggers_app.services import testing, workbench
from triggers_app.services.workbench import Trial
from triggers_app.ui import tree
from triggers_app.ui.sentences import said
from triggers_app.ui.views.invocation import live_context
from vaultportal.api.body import parse_json
from vaultportal.errors import Forbidden, Invalid, Malformed
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.views.base import PortalView

SOURCES = ("example", "recent", "pasted")
MOST_PASTED = 256 * 1024
AROUND = 40


@dataclass(frozen=True, slots=True)
class Bench:
    """What the workbench shows.

    source: of ``SOURCES``. wrong: why the pasted text is no payload.
    """

    trigger: str
    text: str = field(repr=False)
    source: str
    events: Sequence[Sample]
    event: str
    pasted: str = field(repr=False)
    payload: Mapping[str, Any] | None = field(repr=False)
    wrong: str
    trial: Trial | None
    stored: Subscription | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        actor: Actor,
        request: HttpRequest,
        trigger: str,
        *,
        stored: Subscription | None = None,
    ) -> Bench:
        """From what was posted; at first, the stored filter with the example."""
        posted = request.POST
        text = posted.get("filter", (stored.filter or "") if stored else "").strip()
        events = samples.recent(actor, trigger)
        picked = _pick(posted, trigger, events)
        payload, trial = picked.payload, None
        if payload is not None:
            trial = workbench.try_out(actor, text, payload, [each.payload for each in events])
        return cls(
            trigger=trigger,
            text=text,
            source=picked.source,
            events=events,
            event=picked.event,
            pasted=posted.get("payload", ""),
            payload=payload,
            wrong=picked.wrong,
            trial=trial,
            stored=stored,
        )

    @property
    def shown_payload(self) -> str:
        """The payload to look at; a pasted one stands in its field already."""
        return "" if self.payload is None or self.source == "pasted" else tree.pretty(self.payload)

    @property
    def column(self) -> int:
        """Where the filter is wrong, from 1; 0 for nowhere in particular."""
        at = self.trial.at if self.trial else None
        return 0 if at is None else at + 1

    @property
    def pieces(self) -> tuple[str, str, str]:
        """The text around the place that is wrong: before it, its letter, behind it."""
        at = self.column - 1
        before = self.text[max(0, at - AROUND) : at]
        return before, self.text[at : at + 1] or " ", self.text[at + 1 : at + 1 + AROUND]

    @property
    def problem(self) -> str:
        """Why it is no filter, in words."""
        return said(self.trial.problem) if self.trial else ""


@dataclass(frozen=True, slots=True)
class Picked:
    """The payload that was chosen: where from, the id of a recent event; or why it is none."""

    source: str
    event: str
    payload: Mapping[str, Any] | None = field(repr=False)
    wrong: str


class TryView(PortalView):
    """POST /events/subscriptions/try/: what the filter does with the payload, as a part."""

    def post(self, request: HttpRequest) -> HttpResponse:
        bench = Bench.of(self.actor, request, request.POST.get("trigger", ""))
        name = "triggers_app/_verdict.html"
        return self.render(name, name, {"bench": bench})


class TestView(PortalView):
    """POST /events/subscriptions/{id}/test/: deliver a payload to it, marked as a test."""

    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = selectors.get_subscription(self.actor, str(subscription_id))
        if not access.may(self.actor, SubscriptionPermission.VIEW, row):
            raise Forbidden("subscription")
        # No workbench here: to try a filter needs another right than to fire a test.
        picked = _pick(request.POST, row.trigger, samples.recent(self.actor, row.trigger))
        refused = picked.wrong
        started = None
        if picked.payload is not None:
            try:
                started = testing.start_test(
                    self.actor,
                    row.trigger,
                    content_json={},
                    payload=dict(picked.payload),
                    subscription_ids=[str(row.pk)],
                )
            except Invalid as wrong:
                refused = " ".join(
                    f"{each.property} {said(each.message)}." for each in wrong.faults
                )
        if started:
            if self.is_partial:
                context = live_context(self.actor, started[0].pk)
                return self.render("triggers_app/_fired.html", "triggers_app/_fired.html", context)
            return redirect("triggers:invocation", started[0].pk)
        sentence = refused or _("The saved filter excludes this payload; nothing was sent.")
        if self.is_partial:
            name = "triggers_app/_not_fired.html"
            return self.render(name, name, {"sentence": sentence})
        messages.error(request, sentence)
        return redirect("triggers:subscription", row.pk)


def _pick(posted: QueryDict, trigger: str, events: Sequence[Sample]) -> Picked:
    source = posted.get("source", "example")
    source = source if source in SOURCES else "example"
    chosen = next((each for each in events if str(each.id) == posted.get("event")), None)
    if source == "recent" and chosen is None and events:
        chosen = events[0]
    event_type = catalog.get(trigger)
    payload: Mapping[str, Any] | None = event_type.example if event_type else None
    wrong = ""
    if source == "recent":
        payload = chosen.payload if chosen else None
    elif source == "pasted":
        payload, wrong = _read(posted.get("payload", ""))
    return Picked(source, str(chosen.id) if chosen else "", payload, wrong)


def _read(text: str) -> tuple[Mapping[str, Any] | None, str]:
    """The payload that was pasted, or why it is none."""
    if not text.strip():
        return None, _("Paste the JSON of an event.")
    if len(text) > MOST_PASTED:
        return None, _("This is longer than an event can be.")
    try:
        found = parse_json(text.encode(errors="surrogatepass"))
    except Malformed as wrong:
        return None, _place(text) or said(wrong.message)
    if not isinstance(found, dict):
        return None, _("An event is a JSON object.")
    return found, ""


def _place(text: str) -> str:
    """Where it stops being JSON; "" for what is JSON, and refused for another reason."""
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        place = {"line": wrong.lineno, "column": wrong.colno}
        return _("This is not JSON: line %(line)d, column %(column)d.") % place
    except (ValueError, RecursionError):  # a number of a thousand digits, or brackets without end
        pass
    return ""
