"""The list of jobs, and one job: live while it runs, to be read ever after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from s3vault_app import selectors
from s3vault_app.models import Job, JobEvent
from s3vault_app.permissions import VaultPermission
from s3vault_app.selectors import search, steps
from s3vault_app.services import jobs as services
from s3vault_app.ui import board, connect, sentences, words
from s3vault_app.ui.forms.filters import JobFilter, LogFilter
from s3vault_app.ui.sayings import said
from s3vault_app.ui.sentences import Rules
from s3vault_app.ui.views.base import StorageView, job_crumbs, numbers
from s3vault_app.ui.views.many import AGAIN, NOT_AGAIN, ManyJobsView
from s3vault_app.ui.views.vaults import job_page
from s3vault_app.ui.voice import Voice
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.live import live_attrs, pause

COLUMNS = (
    Column("job", gettext_lazy("Job")),
    Column("state", gettext_lazy("State")),
    Column("progress", gettext_lazy("Progress")),
    Column("by", gettext_lazy("Asked by")),
    Column("begun", gettext_lazy("Begun")),
)


class Line(NamedTuple):
    """One line as components/console.html takes it."""

    at: Any
    level: str
    source: str
    text: str


class JobsView(ManyJobsView):
    """GET /storage/jobs/?q=&type=&state=&columns=&after=; POST does something to many."""

    a_list = ListOf(gettext_lazy("Jobs"), JobFilter, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, JobFilter)
        context = {
            "pages": job_page(request, search.find_jobs(self.actor, filters.values)),
            "filters": filters,
            "actions": self.actions if steps.may_steer_some(self.actor) else (),
            "has_many": True,
            "crumbs": [(_("Jobs"), "")],
        }
        return self.render("s3vault_app/jobs.html", "s3vault_app/_jobs.html", context)


class JobView(StorageView):
    """GET /storage/jobs/{id}/; ``?part=state&v=&voice=`` and ``?part=log&after=`` are live."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = steps.get_job(self.actor, job_id)
        part = request.GET.get("part")
        if part == "log":
            return render(request, "components/console_lines.html", self._log(job))
        last = steps.last_event(job)
        if part == "state":
            voice = Voice.of(request.GET.get("voice", ""))
            if request.GET.get("v") == board.version(job, last) and not voice.is_due:
                return HttpResponse(status=204)
            return render(request, "s3vault_app/_job_parts.html", self._state(job, last, voice))
        context = {
            **self._state(job, last),
            **self._log(job),
            "crumbs": _crumbs(job),
        }
        return self.render("s3vault_app/job.html", "s3vault_app/job.html", context)

    def _state(self, job: Job, last: int, voice: Voice | None = None) -> dict[str, Any]:
        """Head, steps and machines; with the vault beside them once the job is over."""
        shown = board.of(job, steps.steps_of(job), steps.machines_of(job))
        here = reverse("storage:job", args=[job.pk])
        over = job.is_finished
        told, voice = (voice or Voice.silent(shown.summary)).hear(shown.summary, last=over)
        url = f"{here}?part=state&v={board.version(job, last)}&voice={voice}"
        may_steer = steps.may_steer(self.actor, job)
        repeats = over and job.state in AGAIN and job.type not in NOT_AGAIN
        return {
            "job": job,
            "board": shown,
            "told": told,
            "is_over": over,
            "live": "" if over else live_attrs(url, pause(job.created_at)),
            "may_steer": may_steer,
            "may_repeat": may_steer and repeats,
            "may_repeat_some": may_steer and repeats and job.type in services.INSTALLS,
            "follower": job.resubmits.order_by("pk").first() if over else None,
            "asker": _name(job),
            **self._beside(job),
        }

    def _beside(self, job: Job) -> dict[str, Any]:
        """What stands in the narrow column: how to reach the vault, and its rules."""
        vault = job.vault
        if vault is None or vault.deleted_at is not None:
            return {"vault": None}
        uses = job.is_finished and access.may(self.actor, VaultPermission.USE, vault)
        doors = selectors.vaults.endpoints_of(vault) if job.is_finished else []
        return {
            "vault": vault,
            "effect": sentences.effect(Rules.of_vault(vault)),
            "connect": connect.of_vault(vault, doors),
            "pair": selectors.keys.unseen_pair(self.actor) if uses else None,
        }

    def _log(self, job: Job) -> dict[str, Any]:
        filters = Filters.of(self.request, LogFilter)
        machine, level = filters.values["machine"], filters.values["level"]
        machines = steps.machines_of(job)
        chosen = next((each for each in machines if each.number == machine), None)
        found = steps.lines(
            job,
            after=_number(self.request.GET.get("after", "")),
            before=_number(self.request.GET.get("before", "")),
            machine=chosen.pk if chosen else None,
            least=int(level or 0),
        )
        after = _number(self.request.GET.get("after", ""))
        query = f"&machine={chosen.number}" if chosen else ""
        query += f"&level={level}" if level else ""
        here = reverse("storage:job", args=[job.pk])
        past = bool(self.request.GET.get("before")) and "after" not in self.request.GET
        return {
            "lines": [line_of(event) for event in found.events],
            "after": found.events[-1].pk if found.events else after,
            "url": f"{here}?part=log{query}",
            "is_over": job.is_finished or past,
            "pause": int(pause(job.created_at) * 1000),
            "older": found.events[0].pk if found.has_older else 0,
            "log_query": query,
            "log_machines": machines,
            "log_machine": chosen,
            "log_level": level,
        }


class JobLogView(StorageView):
    """GET /storage/jobs/{id}/log/: all of it as a file."""

    def get(self, request: HttpRequest, job_id: int) -> HttpResponseBase:
        job = steps.get_job(self.actor, job_id)
        events = selectors.jobs.list_events(self.actor, job.pk)
        response = StreamingHttpResponse(_text(events), content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="job-{job.pk}.log"'
        return response


class SteerView(StorageView):
    """POST /storage/jobs/{id}/{kill|pause|resume|resubmit}/

    ``machine`` of a resubmit: the numbers of those to try again; none for all.
    """

    def post(self, request: HttpRequest, job_id: int, action: str) -> HttpResponse:
        if action == "resubmit":
            only = numbers(request.POST.getlist("machine"))
            try:
                again = services.resubmit(self.actor, job_id, only)
            except Conflict as refusal:
                messages.error(request, said(refusal.message))
                return redirect("storage:job", job_id)
            return redirect("storage:job", again.pk)
        known = {
            "kill": (services.kill, _("It stops after its present step and takes back its work.")),
            "pause": (services.pause, _("It pauses after its present step.")),
            "resume": (services.resume, _("It goes on.")),
        }
        if action not in known:
            raise Http404
        act, told = known[action]
        try:
            act(self.actor, job_id)
        except Conflict as refusal:
            messages.error(request, said(refusal.message))
        else:
            messages.success(request, told)
        return redirect("storage:job", job_id)


def line_of(event: JobEvent) -> Line:
    """A line of the log, as a console shows it."""
    level = words.LEVELS.get(event.severity, "info")
    source = event.machine.name if event.machine else ""
    return Line(timezone.localtime(event.at), level, source, words.line(event.step, event.text))


def _text(events: Any) -> Iterator[str]:
    for event in events.iterator(chunk_size=500):
        source = event.machine.name if event.machine else "-"
        at = event.at.isoformat(timespec="milliseconds")
        yield f"{at} {words.LEVELS.get(event.severity, 'info'):7} {source} {event.text}\n"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _name(job: Job) -> str:
    asker = job.created_by
    return (asker.full_name or asker.username) if asker else _("the portal")


def _crumbs(job: Job) -> list[tuple[str, str]]:
    number = _("Job %(number)d") % {"number": job.pk}
    if job.vault is None or job.vault.deleted_at is not None:
        return job_crumbs((number, ""))
    vault = (job.vault.name, reverse("storage:vault", args=[job.vault.number]))
    return [(_("S3 vaults"), reverse("storage:vaults")), vault, (number, "")]
