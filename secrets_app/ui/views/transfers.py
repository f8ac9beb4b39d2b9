"""Import in four steps (file, preview, conflicts, report) and export as an archive."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app import names
from secrets_app.models import ImportJob
from secrets_app.permissions import SecretPermission
from secrets_app.services import exports, imports, staging
from secrets_app.services.imports import Plan
from secrets_app.transfer.formats import Upload
from secrets_app.ui.forms_transfer import ExportForm, ImportForm
from vaultportal.crypto.errors import Expired
from vaultportal.errors import Invalid
from vaultportal.identity import access
from vaultportal.ui.steps import Step
from vaultportal.ui.views.base import PortalView

SHOWN = 300
State = ImportJob.State
ARCHIVE = "application/octet-stream"


class ImportsView(PortalView):
    """GET, POST /secrets/import/?to=: the first step, and the imports that there were."""

    def get(self, request: HttpRequest) -> HttpResponse:
        given = {"to": request.GET.get("to", "personal"), "folder": request.GET.get("folder", "")}
        return self._page(self._form(initial=given))

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        form = self._form(request.POST, request.FILES)
        if form.is_valid():
            given = form.cleaned_data
            plan = Plan(
                given["source"],
                shared=given["to"] == "shared",
                folder=given["folder"],
                read_roles=tuple(UUID(role) for role in given.get("roles", ())),
            )
            file, keyfile = given["content"], given["keyfile"]
            upload = Upload(
                file.read(),
                _title_of(file.name),
                given["password"],
                keyfile.read() if keyfile else b"",
            )
            try:
                job = staging.stage(self.actor, plan, upload)
            except Invalid:
                said = _(
                    "This file cannot be read as that. Is the format right, and no password needed?"
                )
                form.add_error("content", said)
            else:
                return redirect("secrets:import", job.pk)
        return self._page(form, status=422)

    def _form(self, *args: Any, **kwargs: Any) -> ImportForm:
        may_share = access.holds(self.actor, SecretPermission.ADD)
        return ImportForm(*args, actor=self.actor, may_share=may_share, **kwargs)

    def _page(self, form: ImportForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "steps": steps_of(0),
            "jobs": imports.list_imports(self.actor)[:10],
            "crumbs": [(_("Personal secrets"), reverse("secrets:personal")), (_("Import"), "")],
        }
        return self.render("secrets_app/import.html", "secrets_app/import.html", context, status)


class ImportView(PortalView):
    """GET, POST /secrets/import/{id}/?step=conflicts: preview, conflicts, then the report."""

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = imports.get_import(self.actor, job_id)
        if job.state != State.STAGED:
            return self._page(job, {"step": "report", "steps": steps_of(3)})
        try:
            job, rows = staging.preview(self.actor, job_id)
        except Expired:
            staging.discard(self.actor, job_id)
            return redirect("secrets:import", job_id)
        if request.GET.get("step") == "conflicts":
            context = {
                "step": "conflicts",
                "steps": steps_of(2),
                "conflicts": [row for row in rows if row.taken],
                "count": sum(not row.is_left_out for row in rows),
            }
        else:
            context = {
                "step": "preview",
                "steps": steps_of(1),
                "rows": rows[:SHOWN],
                "hidden": max(0, len(rows) - SHOWN),
                "has_losses": any(row.lost for row in rows),
                "columns": list(enumerate(staging.columns(self.actor, job_id))),
            }
        return self._page(job, context)

    def post(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        if "discard" in request.POST:
            staging.discard(self.actor, job_id)
            messages.success(request, _("The file is forgotten. Nothing was stored."))
            return redirect("secrets:imports")
        if request.GET.get("step") == "conflicts":
            how = request.POST.get("conflict", "skip")
            chosen = {
                number: value
                for number, value in _numbered(request.POST, "conflict-").items()
                if value in staging.CONFLICTS
            }
            conflict = how if how in staging.CONFLICTS else "skip"
            staging.run(self.actor, job_id, conflict=conflict, conflicts=chosen)
            return redirect("secrets:import", job_id)
        chosen_fields = _numbered(request.POST, "column-")
        if chosen_fields:
            every = [column for column, _field in staging.columns(self.actor, job_id)]
            fields = {
                column: chosen_fields[number].strip()
                for number, column in enumerate(every)
                if number in chosen_fields
            }
            staging.map_columns(self.actor, job_id, fields)
            if "map" in request.POST:
                return redirect("secrets:import", job_id)
        named = {
            number: text.strip()
            for number, text in _numbered(request.POST, "name-").items()
            if text.strip()
        }
        taken = _numbered(request.POST, "take-")
        left_out = [number for number in _numbered(request.POST, "name-") if number not in taken]
        staging.rename(self.actor, job_id, named, left_out)
        if any(names.fault_of(name) for name in named.values()):
            messages.error(request, _("Some names cannot be used; they are marked."))
            return redirect("secrets:import", job_id)
        return redirect(f"{reverse('secrets:import', args=[job_id])}?step=conflicts")

    def _page(self, job: ImportJob, context: Mapping[str, Any]) -> HttpResponse:
        root = (_("Shared secrets"), reverse("secrets:shared"))
        if not job.options["shared"]:
            root = (_("Personal secrets"), reverse("secrets:personal"))
        whole = {
            "job": job,
            "list_url": root[1],
            "crumbs": [root, (_("Import"), reverse("secrets:imports")), (_("File"), "")],
            **context,
        }
        return self.render("secrets_app/import_job.html", "secrets_app/import_job.html", whole)


class ReportView(PortalView):
    """GET /secrets/import/{id}/report.csv"""

    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = imports.get_import(self.actor, job_id)
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="import.csv"'
        rows = csv.writer(response)
        rows.writerow(["name", "type", "fields", "outcome", "why", "without a place"])
        for entry in job.report.get("entries", ()):
            lost = "; ".join(entry["lost"])
            row = [entry["name"], entry["type"], entry["fields"], entry["becomes"]]
            rows.writerow([*map(_cell, row), entry.get("why", ""), lost])
        return response


class ExportView(PortalView):
    """GET, POST /secrets/export/: a KeePass archive; each secret in it is on record as read."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(ExportForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        form = ExportForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                archive = exports.export_secrets(
                    self.actor.with_(note=given["note"]),
                    given["passphrase"],
                    keywords=given["words"],
                    filter=given["which"],
                )
            except Invalid:
                form.add_error("words", _("These are too many for one archive. Narrow it down."))
            else:
                response = HttpResponse(archive, content_type=ARCHIVE)
                response["Content-Disposition"] = 'attachment; filename="secrets.kdbx"'
                response["Cache-Control"] = "no-store"
                return response
        return self._page(form, status=422)

    def _page(self, form: ExportForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "crumbs": [(_("Personal secrets"), reverse("secrets:personal")), (_("Export"), "")],
        }
        return self.render("secrets_app/export.html", "secrets_app/export.html", context, status)


def steps_of(now: int) -> list[Step]:
    """The steps of an import, the one numbered ``now`` being looked at."""
    labels = (_("File"), _("Preview"), _("Conflicts"), _("Report"))
    states = ["done" if number < now else "todo" for number in range(len(labels))]
    states[now] = "now" if now < len(labels) - 1 else "done"
    return [Step(label, state) for label, state in zip(labels, states, strict=True)]


def _title_of(file_name: str) -> str:
    """What an entry without a name of its own is called: the file's name without its ending."""
    return file_name.rpartition("/")[2].rpartition(".")[0].strip(".") or "imported"


def _numbered(data: Mapping[str, Any], prefix: str) -> dict[int, str]:
    """The fields called ``prefix`` and a number."""
    pattern = re.compile(re.escape(prefix) + r"(\d{1,5})")
    found = ((pattern.fullmatch(key), value) for key, value in data.items())
    return {int(match[1]): str(value) for match, value in found if match}


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in "=+-@" else text
