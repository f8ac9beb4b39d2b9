"""Jobs: how they fare, and what may be asked of them. Contract section 6."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from s3vault_app import selectors
from s3vault_app.api import answers
from s3vault_app.api.base import WireView
from s3vault_app.api.dialect import integer_code
from s3vault_app.api.openapi import FLAG, LONG, MAP, WHOLE, Op, many, record
from s3vault_app.models import Job
from s3vault_app.services import jobs
from vaultportal.api.wire import Fields
from vaultportal.errors import VaultError

MOST_INT64 = 2**63 - 1
MOST_ROWS = 1000
ALL, ACTIVE, FINISHED = 0, 1, 2
SUSPEND, RESUME, KILL = 0, 1, 2
NO_JOB = "There is no such job"
LONGEST_LOOKUP = 10 * 366 * 24 * 3600  # seconds

_LIST = record("totalRecordsWithoutPaging", "jobs", totalRecordsWithoutPaging=WHOLE, jobs=many(MAP))


class JobView(WireView):
    """/commandcenter/api/Job/{id}"""

    operations = {"get": Op("How a job fares", answer=_LIST)}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """An unknown job is an empty list: a 404 makes clients wait for minutes."""
        job = selectors.jobs.get_job(self.actor, number)
        return self.reply(listed([job] if job else [], 1 if job else 0))


class JobListView(WireView):
    """/commandcenter/api/Job"""

    operations = {
        "get": Op(
            "Jobs, the newest first",
            answer=_LIST,
            query=(
                ("jobCategory", "All, Active or Finished."),
                ("completedJobLookupTime", "Finished ones of these last seconds."),
                ("clientId", "Of one machine or vault."),
                ("limit", "Rows."),
                ("offset", "First row."),
            ),
        )
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """As one job each, with the number of all."""
        words = {"active": ACTIVE, "finished": FINISHED}
        category = words.get(self.params.get("jobcategory", "").lower(), ALL)
        found = in_category(selectors.jobs.list_jobs(self.actor), category)
        found = looked_up(found, self.number("completedJobLookupTime", most=LONGEST_LOOKUP))
        if client := self.number("clientId"):
            found = selectors.jobs.of_clients(found, [client])
        return self.reply(page(found, self.number("offset"), self.number("limit", MOST_ROWS)))


class JobsView(WireView):
    """/commandcenter/api/Jobs"""

    operations = {
        "post": Op(
            "Jobs by filter",
            body=record(category=WHOLE, pagingConfig=MAP, jobFilter=MAP),
            answer=_LIST,
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """The filter's lists are ORs within, ANDs among each other."""
        fields = self.fields()
        category = fields.integer("category", ALL) or ALL
        asked = Fields(fields.object("jobFilter") or {}, "jobFilter.", fields.faults)
        paging = Fields(fields.object("pagingConfig") or {}, "pagingConfig.", fields.faults)
        found = in_category(selectors.jobs.list_jobs(self.actor), category)
        clients = [
            each.integer("clientId", 0, most=2**31 - 1) or 0
            for each in asked.objects("clientList", most=MOST_ROWS)
        ]
        if clients:
            found = selectors.jobs.of_clients(found, clients)
        if statuses := asked.texts("statusList", most=20):
            found = found.filter(state__in=statuses)
        seconds = asked.integer("completedJobLookupTime", 0, least=0) or 0
        found = looked_up(found, min(seconds, LONGEST_LOOKUP))
        start = paging.integer("offset", 0, least=0, most=2**31 - 1) or 0
        rows = paging.integer("limit", MOST_ROWS, least=0, most=2**31 - 1) or MOST_ROWS
        if (paging.integer("sortDirection", 0) or 0) == 1:
            found = found.order_by("pk")
        fields.check()
        return self.reply(page(found, start, rows))


class DetailsView(WireView):
    """/commandcenter/api/JobDetails"""

    operations = {
        "post": Op("A job with its steps", body=record("jobId", jobId=LONG, showAttempt=FLAG))
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """An unknown job is an ``error`` object."""
        fields = self.fields()
        number = fields.integer("jobId", required=True, least=0, most=MOST_INT64) or 0
        fields.check()
        job = selectors.jobs.get_job(self.actor, number)
        if job is None:
            return self.reply({"error": {"errList": [no_job()]}})
        detail = {
            "progressInfo": {
                "state": job.state,
                "percentComplete": job.percent,
                "reasonForJobDelay": job.reason,
            },
            "generalInfo": {
                "jobId": job.pk,
                "startTime": answers.at(job.created_at),
                "jobType": str(job.get_type_display()),
            },
            "attemptsInfo": [answers.attempt(step) for step in job.steps.select_related("machine")],
        }
        return self.reply({"job": {"jobDetail": detail}})


class TaskDetailsView(WireView):
    """/commandcenter/api/Job/{id}/TaskDetails"""

    operations = {"get": Op("The task behind a job")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Jobs here have no task of their own."""
        job = selectors.jobs.get_job(self.actor, number)
        task = {"taskId": job.pk, "taskName": str(job.get_type_display())} if job else {}
        return self.reply({"taskInfo": {"task": task, "subTasks": []}})


class AdvancedDetailsView(WireView):
    """/commandcenter/api/Job/{id}/AdvancedDetails"""

    operations = {"get": Op("More of a job", query=(("infoType", "Which part."),))}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """What backup jobs would tell, and these have not."""
        return self.reply({"errorCode": 0, "errorMessage": "", "jobId": number})


class EventsView(WireView):
    """/commandcenter/api/Events"""

    operations = {"get": Op("The log of a job", query=(("jobId", "Which job."),))}

    def get(self, request: HttpRequest) -> HttpResponse:
        """The oldest line first; secrets are masked in it."""
        number = self.number("jobId", most=MOST_INT64)
        start, limit = self.number("start"), self.number("limit", MOST_ROWS)
        events = selectors.jobs.list_events(self.actor, number)[start : start + limit]
        found = [
            {
                "id": event.pk,
                "timeSource": answers.at(event.at),
                "severity": event.severity,
                "description": event.text,
                "jobId": number,
                "clientName": event.machine.name if event.machine else "",
                "subsystem": event.step,
            }
            for event in events
        ]
        return self.reply({"commservEvents": found})


class ActionView(WireView):
    """What is asked of a job: 200 in any case, with ``errorCode`` 0 or ``errors``."""

    mild = True

    def refusal(self, error: VaultError) -> dict[str, Any]:
        """As cvpysdk looks for it."""
        told = {"errorCode": integer_code(error), "errLogMessage": error.message}
        return {"errors": [{"errList": [told]}]}


class KillView(ActionView):
    """/commandcenter/api/Job/{id}/action/kill"""

    operations = {"post": Op("Stop a job at its next step, and undo what was half done")}

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Asked for; seen when the job gets there."""
        jobs.kill(self.actor, number)
        return self.reply({"errorCode": 0})


class PauseView(ActionView):
    """/commandcenter/api/Job/{id}/action/pause"""

    operations = {"post": Op("Let a job wait at its next step")}

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Asked for; seen when the job gets there."""
        jobs.pause(self.actor, number)
        return self.reply({"errorCode": 0})


class ResumeView(ActionView):
    """/commandcenter/api/Job/{id}/action/resume"""

    operations = {"post": Op("Let a paused job go on")}

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """Nothing happens to one that runs."""
        jobs.resume(self.actor, number)
        return self.reply({"errorCode": 0})


class ResubmitView(ActionView):
    """/commandcenter/api/Job/{id}/action/Resubmit"""

    operations = {"post": Op("Ask for a finished job once more, as a new one")}

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """The new job's id, as text."""
        again = jobs.resubmit(self.actor, number)
        return self.reply({"jobIds": [str(again.pk)], "errorCode": 0})


class MultiView(ActionView):
    """/commandcenter/api/Jobs/MultiJobOperation"""

    operations = {"post": Op("The same for several jobs", body=record(message=WHOLE, jobOpReq=MAP))}

    def post(self, request: HttpRequest) -> HttpResponse:
        """One after the other; what is refused is told, the rest is done."""
        fields = self.fields()
        asked = Fields(fields.object("jobOpReq", required=True) or {}, "jobOpReq.", fields.faults)
        operation = asked.integer("operationType", 0)
        numbers = [
            each.integer("jobId", 0, required=True, most=MOST_INT64) or 0
            for each in asked.objects("jobs", most=MOST_ROWS)
        ]
        services: dict[int | None, Callable[..., None]] = {
            SUSPEND: jobs.pause,
            RESUME: jobs.resume,
            KILL: jobs.kill,
        }
        if operation not in services:
            asked.fault("operationType", "choice", "must be 0, 1 or 2")
        fields.check()
        refused = []
        for number in numbers:
            try:
                services[operation](self.actor, number)
            except VaultError as error:
                refused.append({"errList": [{**no_job(), "errLogMessage": error.message}]})
        return self.reply({"errors": refused} if refused else {"errorCode": 0})


def no_job() -> dict[str, Any]:
    """How the older routes tell of an unknown job."""
    return {"errorCode": 2, "errLogMessage": NO_JOB}


def listed(found: list[Job], total: int) -> dict[str, Any]:
    """Jobs in the one shape that all lists of them have."""
    rows = [{"jobSummary": answers.job_summary(job)} for job in found]
    return {"totalRecordsWithoutPaging": total, "jobs": rows}


def page(found: QuerySet[Job], start: int, rows: int) -> dict[str, Any]:
    """``rows`` jobs from ``start`` on, with the number of all."""
    wanted = found.prefetch_related("machines")[start : start + min(rows, MOST_ROWS)]
    return listed(list(wanted), found.count())


def in_category(found: QuerySet[Job], category: int) -> QuerySet[Job]:
    """All of them, those under way, or those that came to their end."""
    if category == ACTIVE:
        return found.filter(state__in=Job.UNFINISHED)
    if category == FINISHED:
        return found.exclude(state__in=Job.UNFINISHED)
    return found


def looked_up(found: QuerySet[Job], seconds: int) -> QuerySet[Job]:
    """Without those that ended longer ago than ``seconds``; 0 for all."""
    if not seconds:
        return found
    return found.exclude(finished_at__lt=timezone.now() - timedelta(seconds=seconds))
