"""Versions of a secret in our own API."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from secrets_app import selectors
from secrets_app.api.portal import documents, schemas
from secrets_app.api.portal.base import SecretsView
from secrets_app.records import Ref
from secrets_app.services import versions


class VersionListView(SecretsView):
    """GET /api/v1/secrets/{id}/versions"""

    @extend_schema(
        operation_id="listSecretVersions",
        summary="List the versions",
        responses={200: schemas.VersionList},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info, rows = selectors.list_versions(self.actor, Ref(id=secret_id))
        return self.items([documents.version(row, current=info.version) for row in rows])


class VersionView(SecretsView):
    """GET, DELETE /api/v1/secrets/{id}/versions/{number}"""

    @extend_schema(
        operation_id="readSecretVersion",
        summary="Uncover an older version",
        responses={200: schemas.OpenSecret},
    )
    def get(self, request: HttpRequest, secret_id: UUID, number: int) -> HttpResponse:
        found = versions.read_version(self.actor, Ref(id=secret_id), number)
        return self.document(documents.opened(found), headers={"ETag": found.info.etag})

    @extend_schema(
        operation_id="destroySecretVersion",
        summary="Destroy the data of one version",
        responses={204: None},
    )
    def delete(self, request: HttpRequest, secret_id: UUID, number: int) -> HttpResponse:
        versions.destroy_version(self.actor, Ref(id=secret_id), number)
        return self.empty(204)


class RestoreView(SecretsView):
    """POST /api/v1/secrets/{id}/versions/{number}/restore"""

    @extend_schema(
        operation_id="restoreSecretVersion",
        summary="Write an older version as a new one",
        parameters=schemas.CONDITIONS,
        request=None,
        responses={200: schemas.Written},
    )
    def post(self, request: HttpRequest, secret_id: UUID, number: int) -> HttpResponse:
        ref = Ref(id=secret_id)
        return self.written(
            versions.restore_version(self.actor, ref, number, condition=self.condition())
        )
