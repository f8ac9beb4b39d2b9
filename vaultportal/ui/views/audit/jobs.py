"""Work on the trail with pages of its own: verifications and exports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.audit.models import Export, Verification
from vaultportal.audit.services import exporting
from vaultportal.audit.services.state import percent_of
from vaultportal.directory.services import trail_jobs
from vaultportal.errors import Conflict
from vaultportal.ui import audit_badge, audit_search, integrity
from vaultportal.ui.audit_search import AuditForm
from vaultportal.ui.filters import Filters
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.views.base import PortalView

TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


class AuditVerifyView(PortalView):
    """GET /audit/verify/: how the readings went; POST begins one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        runs = trail_jobs.list_verifications(self.actor)
        running = [run for run in runs if run.state == Verification.State.RUNNING]
        begun = [run.created_at for run in running]
        context = {
            "runs": [(run, percent_of(run)) for run in runs],
            "running": running,
            "badge": audit_badge.badge(),
            "live": live_attrs(request.path, pause(*begun)) if running else "",
            "crumbs": [(_("Audit"), "/audit/"), (_("Verification"), "")],
        }
        return self.render("audit/verify.html", "audit/_runs_live.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            trail_jobs.verify_trail(self.actor)
        except Conflict:
            messages.info(request, _("A verification is running already."))
        integrity.forget()
        return redirect("ui:audit_verify")


class AuditExportsView(PortalView):
    """GET /audit/exports/: one's own, of the last day; POST has one written (format + filters)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        exports = trail_jobs.list_exports(self.actor)
        begun = [each.created_at for each in exports if each.state == Export.State.RUNNING]
        filters = Filters.of(request, AuditForm)
        context: dict[str, Any] = {
            "exports": exports,
            "chosen": filters,
            "live": live_attrs(request.path, pause(*begun)) if begun else "",
            "crumbs": [(_("Audit"), "/audit/"), (_("Exports"), "")],
        }
        return self.render("audit/exports.html", "audit/_exports_live.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        filters = Filters.of(request, AuditForm)
        form = "csv" if request.POST.get("format") == "csv" else "ndjson"
        trail_jobs.export_trail(self.actor, audit_search.wanted(self.actor, filters.values), form)
        return redirect(reverse("ui:audit_exports"))


class AuditExportFileView(PortalView):
    """POST /audit/exports/{id}/file/: the one download."""

    def post(self, request: HttpRequest, export_id: UUID) -> HttpResponseBase:
        row = trail_jobs.take_export(self.actor, export_id)
        response = StreamingHttpResponse(exporting.content(row), content_type=TYPES[row.format])
        name = f"audit-{row.created_at:%Y%m%d-%H%M}.{row.format}"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response
