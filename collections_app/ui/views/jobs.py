"""The long work on a schema, as a part of its page that asks again while there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import jobs
from collections_app.ui import wording
from collections_app.ui.views.base import CollectionView
from vaultportal.ui.live import live_attrs, pause


class JobsView(CollectionView):
    """GET /collections/{name}/jobs/: the work on the schema, as a part that asks again."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        context = {**self.head(schema, "schema"), **jobs_context(schema, jobs.jobs_of(schema))}
        return self.render("collections_app/jobs.html", "components/live.html", context)


def jobs_context(schema: CollectionSchema, running: Sequence[Any]) -> dict[str, Any]:
    """What ``components/live.html`` needs to show the work on a schema."""
    url = reverse("collections:jobs", args=[schema.name])
    begun = [job.created_at for job in running if job.state in ("queued", "running")]
    return {
        "id": "jobs",
        "live": live_attrs(url, pause(*begun)) if begun else "",
        "body_template": "collections_app/_jobs.html",
        "jobs": [wording.job(job) for job in running],
    }
