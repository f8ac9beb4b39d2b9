"""The log of deliveries, and delivering all that match once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app import lookups, selectors
from triggers_app.engine import replaying
from triggers_app.engine.replaying import FINAL, Choice
from triggers_app.models import Invocation, ReplayJob
from triggers_app.permissions import InvocationPermission
from triggers_app.selectors import LogFilter
from triggers_app.ui import delivery, marks
from triggers_app.ui.forms.lists import InvocationsForm, WindowForm
from triggers_app.ui.sentences import said
from triggers_app.ui.views.invocation import short
from triggers_app.ui.views.many import REPLAY, ManyInvocationsView
from vaultportal.errors import Invalid
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid_of
from vaultportal.ui import estimates
from vaultportal.ui.bulk import Selection
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.names import names_of
from vaultportal.ui.paging import Keyset
from vaultportal.ui.views.base import PortalView

OPEN = tuple(str(state) for state in Invocation.OPEN)
LATEST_REPLAYS = 5
_SECOND = timedelta(seconds=1)
MOST_COUNTED = 10_000  # before it is asked whether to deliver them; the job counts them all
COLUMNS = (
    Column("time", gettext_lazy("Time")),
    Column("trigger", gettext_lazy("Trigger")),
    Column("subscription", gettext_lazy("Subscription")),
    Column("state", gettext_lazy("State")),
    Column("attempts", gettext_lazy("Attempts"), at_end=True),
    Column("duration", gettext_lazy("Duration"), at_end=True),
)


class InvocationsView(ManyInvocationsView):
    """GET /events/invocations/?trigger=&state=&kind=&hours=&subscription=&attempts=&took=&after=

    And ``columns=``. POST does something to many.
    """

    a_list = ListOf(gettext_lazy("Invocations"), InvocationsForm, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = _filters(self.actor, request)
        chosen = _chosen(filters.values)

        def rows(cursor: str, limit: int) -> list[Invocation]:
            return selectors.list_log(self.actor, chosen.behind(uuid_of(cursor)), limit)

        pages = Keyset.of(request, rows, key=lambda row: str(row.pk))
        subscription = filters.values["subscription"]
        may_replay = access.holds(self.actor, InvocationPermission.REPLAY)
        context = {
            "filters": filters,
            "lines": [_line(row) for row in pages.rows],
            "pages": pages,
            # Who may look at the log sees all of it.
            "amount": estimates.amount(request, pages, selectors.log(self.actor, chosen)),
            "of_subscription": subscription,
            "may_replay": may_replay and _choice(filters.values) is not None,
            "actions": self.actions if may_replay else (),
            "has_many": True,
            "replays": list(selectors.list_replays(self.actor)[:LATEST_REPLAYS]),
            "replay_query": filters.query,
            "crumbs": [(_("Invocations"), "")],
        }
        return self.render(
            "triggers_app/invocations.html", "triggers_app/_invocations.html", context
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        selection = Selection.of(request)
        if selection.all_matching and selection.action == REPLAY:  # a job does that
            return redirect(f"{reverse('triggers:replay_all')}?{request.GET.urlencode()}")
        return super().post(request, **kwargs)

    def chosen(self, selection: Selection, most: int) -> QuerySet[Invocation]:
        if selection.all_matching:
            rows = selectors.log(self.actor, _chosen(_filters(self.actor, self.request).values))
            rows = rows.filter(state=Invocation.State.QUEUED, lease_until=None)
        else:
            rows = selectors.log(self.actor, LogFilter()).filter(pk__in=selection.uuids)
        return rows.order_by("-pk")[:most]


class ReplayAllView(PortalView):
    """GET asks with count and window, POST /events/invocations/replay/?… starts the job.

    The window may be narrowed with ``since`` and ``until``; what the page has said is then posted.
    GET with ``part=count``: how many it is, for the button that leads here.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, InvocationPermission.REPLAY, Invocation)
        filters = Filters.of(request, InvocationsForm)
        choice = _choice(filters.values)
        if request.GET.get("part") == "count":
            context = {"count": self._count(choice), "most_counted": MOST_COUNTED}
            name = "triggers_app/_replay_count.html"
            return self.render(name, name, context | {"is_filtered": filters.is_on})
        if choice is None or not {"since", "until"} & set(request.GET):
            return self._page(request, choice, _window(choice))
        window = WindowForm(request.GET)
        if not window.is_valid():
            return self._page(request, choice, window, 422)
        narrowed = _narrowed(choice, **window.cleaned_data)
        return self._page(request, narrowed, window)

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, InvocationPermission.REPLAY, Invocation)
        choice = _choice(Filters.of(request, InvocationsForm).values)
        if choice is None:
            return self._page(request, None, WindowForm(), 422)
        window = WindowForm(request.POST)
        if not window.is_valid():  # nothing that the page has offered
            return self._page(request, choice, window, 422)
        try:
            job = replaying.start(self.actor, _narrowed(choice, **window.cleaned_data))
        except Invalid:  # one end is of the filter
            window.add_error("until", _("It must come after the beginning."))
            return self._page(request, choice, window, 422)
        return redirect("triggers:replay", job.pk)

    def _count(self, choice: Choice | None) -> int:
        if choice is None:
            return 0
        return lookups.replayable(self.actor, choice)[: MOST_COUNTED + 1].count()

    def _page(
        self, request: HttpRequest, choice: Choice | None, window: WindowForm, status: int = 200
    ) -> HttpResponse:
        chosen = choice or Choice()
        trigger = catalog.get(chosen.trigger) if chosen.trigger else None
        context = {
            "choice": choice,
            "count": self._count(choice),
            "window": window,
            "kept": [pair for pair in request.GET.items() if pair[0] not in ("since", "until")],
            "most_counted": MOST_COUNTED,
            "trigger_name": _(trigger.name) if trigger else "",
            "states": [str(Invocation.State(state).label) for state in chosen.states],
            "took": marks.duration(chosen.least_ms // 1000) if chosen.least_ms else "",
            "action_url": request.get_full_path(),
            "back_url": f"{reverse('triggers:invocations')}?{request.GET.urlencode()}",
            "crumbs": [_above(), (_("Deliver once more"), "")],
        }
        name = "triggers_app/replay_all.html"
        return self.render(name, name, context, status)


class ReplayView(PortalView):
    """GET /events/invocations/replays/{id}/: how far it is."""

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = selectors.get_replay(self.actor, job_id)
        wait = pause(job.created_at)
        version = f"{job.state}-{job.done}-{job.total}-{wait}"
        if request.GET.get("v") == version and request.GET.get("part") == "state":
            return HttpResponse(status=204)
        is_over = job.state in (ReplayJob.State.DONE, ReplayJob.State.FAILED)
        url = f"{reverse('triggers:replay', args=[job.pk])}?part=state&v={version}"
        trigger = catalog.get(job.trigger) if job.trigger else None
        context = {
            "job": job,
            "is_over": is_over,
            "live": "" if is_over else live_attrs(url, wait),
            "state": {"done": "ok", "failed": "bad"}.get(job.state, "run"),
            "trigger_name": _(trigger.name) if trigger else "",
            "states": [str(Invocation.State(state).label) for state in job.states],
            "took": marks.duration(job.least_ms // 1000) if job.least_ms else "",
            "failure": said(job.failure),
            "author": "".join(names_of(self.actor, [job.author_id]).values()),
            "crumbs": [_above(), (_("Delivering once more"), "")],
        }
        return self.render("triggers_app/replay.html", "triggers_app/_replay.html", context)


def _line(row: Invocation) -> dict[str, Any]:
    event_type = catalog.get(row.trigger)
    is_open = row.completed_at is None
    return {
        "row": row,
        "short": short(row),
        "mark": marks.of_invocation(row),
        "trigger": _(event_type.name) if event_type else row.trigger,
        "took": delivery.duration_of(row),
        "left": marks.time_left(row.deadline or row.due_at) if is_open else "",
    }


def _chosen(values: dict[str, Any]) -> LogFilter:
    state = values["state"] or ""
    kind = values["kind"] or ""
    return LogFilter(
        subscription_id=values["subscription"],
        trigger=values["trigger"] or "",
        states=OPEN if state == "open" else ((state,) if state else ()),
        since=_since(values["hours"]),
        is_test={"real": False, "test": True}.get(kind),
        least_attempts=values["attempts"] or 0,
        least_ms=values["took"] or 0,
    )


def _filters(actor: Actor, request: HttpRequest) -> Filters:
    """The filters of the log, with the subscriptions that there are by name."""
    named = {"named": lookups.named_subscriptions(actor)}
    form: type[InvocationsForm] = type("NamedForm", (InvocationsForm,), named)
    return Filters.of(request, form)


def _choice(values: dict[str, Any]) -> Choice | None:
    """What a replay of the filtered list takes: outcomes alone, of no test; None for nothing."""
    state = values["state"] or ""
    if values["kind"] == "test" or (state and state not in FINAL):
        return None
    return Choice(
        since=_since(values["hours"]),
        until=timezone.now(),
        trigger=values["trigger"] or "",
        subscription_id=values["subscription"],
        states=(state,) if state else (),
        least_attempts=values["attempts"] or 0,
        least_ms=values["took"] or 0,
    )


def _narrowed(choice: Choice, since: datetime | None, until: datetime | None) -> Choice:
    """The same from ``since`` to ``until``, as far as they are given; never beyond now."""
    end = min(until, timezone.now()) if until else choice.until
    return replace(choice, since=since or choice.since, until=end)


def _window(choice: Choice | None) -> WindowForm:
    """The fields of the window as it is, in whole seconds: none of it is cut off by that."""
    if choice is None:
        return WindowForm()
    until = choice.until.replace(microsecond=0) + _SECOND if choice.until else None
    return WindowForm(initial={"since": choice.since, "until": until})


def _since(hours: str | None) -> datetime | None:
    return timezone.now() - timedelta(hours=int(hours)) if hours else None


def _above() -> tuple[str, str]:
    return (_("Invocations"), reverse("triggers:invocations"))
