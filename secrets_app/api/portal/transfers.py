"""Import and export in our own API."""

from __future__ import annotations

import binascii
from base64 import b64decode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from secrets_app.api.portal import documents, schemas
from secrets_app.api.portal.base import SecretsView, uuids
from secrets_app.selectors import FILTERS
from secrets_app.services import exports, imports
from secrets_app.services.imports import ON_CONFLICT, Plan
from secrets_app.transfer.formats import FORMATS, Upload
from vaultportal.api.wire import Fields

ARCHIVE = "application/octet-stream"


class ImportsView(SecretsView):
    """GET, POST /api/v1/secrets/imports"""

    @extend_schema(
        operation_id="listSecretImports",
        summary="List my imports",
        responses={200: schemas.ImportList},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.items([documents.job(row) for row in imports.list_imports(self.actor)])

    @extend_schema(
        operation_id="planSecretImport",
        summary="Plan an import; its file is sent to the answer's address",
        request=schemas.NewImport,
        responses={201: schemas.Import},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        plan = Plan(
            fields.choice("format", "", FORMATS, required=True),
            dry_run=fields.boolean("dry_run"),
            shared=fields.boolean("shared"),
            folder=fields.text("folder", max_length=200),
            on_conflict=fields.choice("on_conflict", "refuse", ON_CONFLICT),
            read_roles=uuids(fields, "read_roles") or (),
            write_roles=uuids(fields, "write_roles") or (),
        )
        fields.refuse_unknown()
        fields.check()
        job = imports.plan_import(self.actor, plan)
        place = {"Location": f"/api/v1/secrets/imports/{job.pk}"}
        return self.document(documents.job(job), 201, place)


class ImportView(SecretsView):
    """GET /api/v1/secrets/imports/{id}"""

    @extend_schema(
        operation_id="getSecretImport",
        summary="How far an import is",
        responses={200: schemas.Import},
    )
    def get(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        return self.document(documents.job(imports.get_import(self.actor, job_id)))


class ImportContentView(SecretsView):
    """PUT /api/v1/secrets/imports/{id}/content"""

    @extend_schema(
        operation_id="runSecretImport",
        summary="Send the file, and take all of it in or nothing",
        request=schemas.ImportContent,
        responses={200: schemas.Import},
    )
    def put(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        upload = Upload(
            content=_bytes(fields, "content", required=True),
            title=fields.text("title", "imported", max_length=200) or "imported",
            password=fields.text("password", max_length=1024),
            keyfile=_bytes(fields, "keyfile"),
        )
        fields.refuse_unknown()
        fields.check()
        return self.document(documents.job(imports.run_import(self.actor, job_id, upload)))


class ExportView(SecretsView):
    """POST /api/v1/secrets/export"""

    @extend_schema(
        operation_id="exportSecrets",
        summary="An archive (KDBX) of what I may read, under a passphrase",
        request=schemas.Export,
        responses={(200, ARCHIVE): OpenApiTypes.BINARY},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        passphrase = fields.text("passphrase", required=True, max_length=1024)
        keywords = fields.text("q", max_length=1000)
        wanted = fields.choice("filter", "readable", FILTERS)
        fields.refuse_unknown()
        fields.check()
        archive = exports.export_secrets(self.actor, passphrase, keywords=keywords, filter=wanted)
        name = {"Content-Disposition": 'attachment; filename="secrets.kdbx"'}
        return self.reply_bytes(archive, 200, name, content_type=ARCHIVE)


def _bytes(fields: Fields, name: str, *, required: bool = False) -> bytes:
    text = fields.text(name, required=required)
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        fields.fault(name, "format", "must be base64")
        return b""
