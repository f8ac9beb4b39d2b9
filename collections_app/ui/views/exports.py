"""An export that a job writes: how far it is, and its file, for one download."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.models import ObjectExport
from collections_app.services import object_exports
from collections_app.ui import downloads, wording
from collections_app.ui.views.base import CollectionView, crumbs
from vaultportal.directory import tickets
from vaultportal.errors import Forbidden, NotFound
from vaultportal.ui.live import live_attrs, pause

State = ObjectExport.State


class ExportView(CollectionView):
    """GET /collections/{name}/exports/{id}/; POST is the one download."""

    def get(self, request: HttpRequest, name: str, export_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        row = object_exports.find(self.actor, name, export_id)
        is_open = row.state in (State.QUEUED, State.RUNNING)
        url = reverse("collections:export_job", args=[name, export_id])
        context = {
            "schema": schema,
            "export": row,
            "words": wording.export(row),
            "id": "export",
            "live": live_attrs(url, pause(row.created_at)) if is_open else "",
            "body_template": "collections_app/_export_job.html",
            "crumbs": crumbs(schema, (_("Export"), "")),
        }
        return self.render("collections_app/export_job.html", "components/live.html", context)

    def post(self, request: HttpRequest, name: str, export_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        self.schema_of(name)
        try:
            file = object_exports.take(self.actor, name, export_id)
        except NotFound:  # fetched in another tab, or its day is over: the page says which
            messages.error(request, _("The file is not here any more."))
            return redirect("collections:export_job", name, export_id)
        except Forbidden as refusal:
            if refusal.reason != tickets.REFUSAL:
                raise
            messages.error(
                request, _("This collection needs a ticket by now. Ask for a new file, with one.")
            )
            return redirect("collections:export_job", name, export_id)
        return downloads.age_file(file, name)
