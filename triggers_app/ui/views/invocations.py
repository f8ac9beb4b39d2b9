"""The log of deliveries, and delivering all that match once more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from triggers_app import lookups, selectors
from triggers_app.engine import replaying
from triggers_app.engine.replaying import FINAL, Choice
from triggers_app.models import Invocation, ReplayJob
from triggers_app.permissions import InvocationPermission
from triggers_app.selectors import LogFilter
from triggers_app.ui import delivery, marks
from triggers_app.ui.forms.lists import InvocationsForm
from vaultportal.errors import Invalid
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.ui.filters import Filters
from vaultportal.ui.live import live_attrs
from vaultportal.ui.names import names_of
from vaultportal.ui.paging import Keyset
from vaultportal.ui.views.base import PortalView

OPEN = tuple(str(state) for state in Invocation.OPEN)
LATEST_REPLAYS = 5
REFRESH = 2.0
MOST_COUNTED = 10_000  # before it is asked whether to deliver them; the job counts them all


class InvocationsView(PortalView):
    """GET /events/invocations/?trigger=&state=&kind=&hours=&subscription=&after="""

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, InvocationsForm)
        chosen = _chosen(filters.values)

        def rows(cursor: str, limit: int) -> list[Invocation]:
            return selectors.list_log(self.actor, chosen.behind(_uuid(cursor)), limit)

        pages = Keyset.of(request, rows, key=lambda row: str(row.pk))
        subscription = filters.values["subscription"]
        context = {
            "filters": filters,
            "lines": [_line(row) for row in pages.rows],
            "pages": pages,
            "of_subscription": subscription,
            "may_replay": access.holds(self.actor, InvocationPermission.REPLAY)
            and _choice(filters.values) is not None,
            "replays": list(selectors.list_replays(self.actor)[:LATEST_REPLAYS]),
            "replay_query": filters.query,
            "crumbs": [(_("Invocations"), "")],
        }
        return self.render(
            "triggers_app/invocations.html", "triggers_app/_invocations.html", context
        )


class ReplayAllView(PortalView):
    """GET asks with count and window, POST /events/invocations/replay/?… starts the job."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, _choice(Filters.of(request, InvocationsForm).values))

    def post(self, request: HttpRequest) -> HttpResponse:
        choice = _choice(Filters.of(request, InvocationsForm).values, request.POST.get("until", ""))
        if choice is None:
            return self._page(request, None, 422)
        try:
            job = replaying.start(self.actor, choice)
        except Invalid as wrong:
            messages.error(request, _(wrong.message))
            return redirect("triggers:invocations")
        return redirect("triggers:replay", job.pk)

    def _page(self, request: HttpRequest, choice: Choice | None, status: int = 200) -> HttpResponse:
        access.require(self.actor, InvocationPermission.REPLAY, Invocation)
        chosen = choice or Choice()
        count = 0
        if choice is not None:
            count = lookups.replayable(self.actor, choice)[: MOST_COUNTED + 1].count()
        trigger = catalog.get(chosen.trigger) if chosen.trigger else None
        context = {
            "choice": choice,
            "count": count,
            "most_counted": MOST_COUNTED,
            "trigger_name": _(trigger.name) if trigger else "",
            "states": [str(Invocation.State(state).label) for state in chosen.states],
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
        version = f"{job.state}-{job.done}-{job.total}"
        if request.GET.get("v") == version and request.GET.get("part") == "state":
            return HttpResponse(status=204)
        is_over = job.state in (ReplayJob.State.DONE, ReplayJob.State.FAILED)
        url = f"{reverse('triggers:replay', args=[job.pk])}?part=state&v={version}"
        trigger = catalog.get(job.trigger) if job.trigger else None
        context = {
            "job": job,
            "is_over": is_over,
            "live": "" if is_over else live_attrs(url, REFRESH),
            "state": {"done": "ok", "failed": "bad"}.get(job.state, "run"),
            "trigger_name": _(trigger.name) if trigger else "",
            "states": [str(Invocation.State(state).label) for state in job.states],
            "author": "".join(names_of(self.actor, [job.author_id]).values()),
            "crumbs": [_above(), (_("Delivering once more"), "")],
        }
        return self.render("triggers_app/replay.html", "triggers_app/_replay.html", context)


def _line(row: Invocation) -> dict[str, Any]:
    event_type = catalog.get(row.trigger)
    is_open = row.completed_at is None
    return {
        "row": row,
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
    )


def _choice(values: dict[str, Any], until: str = "") -> Choice | None:
    """What a replay of the filtered list takes: outcomes alone, and of no test; None for nothing.

    until: as the page has said it.
    """
    state = values["state"] or ""
    if values["kind"] == "test" or (state and state not in FINAL):
        return None
    now = timezone.now()
    try:
        end = datetime.fromisoformat(until) if until else now
    except ValueError:
        end = now
    return Choice(
        since=_since(values["hours"]),
        until=min(end, now) if end.tzinfo else now,
        trigger=values["trigger"] or "",
        subscription_id=values["subscription"],
        states=(state,) if state else (),
    )


def _since(hours: str | None) -> datetime | None:
    return timezone.now() - timedelta(hours=int(hours)) if hours else None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _above() -> tuple[str, str]:
    return (_("Invocations"), reverse("triggers:invocations"))
