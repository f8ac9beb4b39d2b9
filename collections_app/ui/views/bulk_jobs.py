"""What a job does to many objects: how far it is, stopping it, and the tokens that it made."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.models import BulkJob
from collections_app.services import object_jobs
from collections_app.ui import my_jobs, token_batches, wording
from collections_app.ui.views.base import CollectionView, crumbs
from vaultportal.ui import reasons
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.views.base import PortalView


class BulkJobView(CollectionView):
    """GET /collections/{name}/jobs/{id}/?download=; POST stops it."""

    def get(self, request: HttpRequest, name: str, job_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        row = object_jobs.find(self.actor, name, job_id)
        if request.GET.get("download"):
            return self._download(row)
        url = reverse("collections:bulk_job", args=[name, job_id])
        words = wording.bulk(row)
        context = {
            "schema": schema,
            "job": row,
            "words": words,
            "bar": words.state if words.state in ("ok", "warn", "bad") else "",
            "why": ", ".join(filter(None, [reasons.title(row.reason), row.note])),
            "makes_tokens": row.kind == BulkJob.Kind.TOKENIZE,
            "id": "job",
            "live": live_attrs(url, pause(row.created_at)) if row.is_open else "",
            "body_template": "collections_app/_bulk_job.html",
            "crumbs": crumbs(schema, (words.label, "")),
        }
        return self.render("collections_app/bulk_job.html", "components/live.html", context)

    def post(self, request: HttpRequest, name: str, job_id: UUID) -> HttpResponse:
        self.schema_of(name)
        object_jobs.find(self.actor, name, job_id)
        if not object_jobs.cancel(self.actor, name, job_id):
            messages.error(request, _("It was over already."))
        return redirect("collections:bulk_job", name, job_id)

    def _download(self, row: BulkJob) -> HttpResponse:
        """Which token stands for which object, as a table."""
        if row.kind != BulkJob.Kind.TOKENIZE:
            raise Http404
        name = self.kwargs["name"]
        rows = object_jobs.tokens_of(self.actor.with_(reason=row.reason), name, row.pk)
        return token_batches.file(name, [["object", "token"], *map(list, rows)])


class MyJobsView(PortalView):
    """GET /collections/-/jobs/: one's own jobs, of every collection."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "jobs": my_jobs.lines(self.actor),
            "crumbs": [(_("Collections"), reverse("collections:list")), (_("My jobs"), "")],
        }
        template = "collections_app/my_jobs.html"
        return self.render(template, template, context)
