"""Types of secrets, and the change feed, in our own API."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from secrets_app import feed, types
from secrets_app.api.portal import documents, schemas
from secrets_app.api.portal.base import SecretsView
from secrets_app.services import kinds
from secrets_app.services.kinds import KindFields
from vaultportal.api import query
from vaultportal.api.wire import Fields
from vaultportal.errors import NotFound


class TypeListView(SecretsView):
    """GET, POST /api/v1/secrets/types"""

    @extend_schema(
        operation_id="listSecretTypes",
        summary="List the types of secrets",
        responses={200: schemas.TypeList},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.items([documents.kind(found) for found in types.every_kind()])

    @extend_schema(
        operation_id="createSecretType",
        summary="Make a type",
        request=schemas.NewType,
        responses={201: schemas.SecretType},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        name = fields.text("name", required=True)
        made = kinds.create_kind(self.actor, name, _fields(fields))
        return self.document(documents.kind(made), 201)


class TypeView(SecretsView):
    """GET, PUT, DELETE /api/v1/secrets/types/{name}"""

    @extend_schema(
        operation_id="getSecretType", summary="Get a type", responses={200: schemas.SecretType}
    )
    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        found = types.find(name)
        if found is None:
            raise NotFound("type")
        return self.document(documents.kind(found))

    @extend_schema(
        operation_id="changeSecretType",
        summary="Replace a type",
        request=schemas.TypeFields,
        responses={200: schemas.SecretType},
    )
    def put(self, request: HttpRequest, name: str) -> HttpResponse:
        fields = Fields(self.json_object())
        return self.document(documents.kind(kinds.change_kind(self.actor, name, _fields(fields))))

    @extend_schema(
        operation_id="deleteSecretType",
        summary="Remove a type that no secret has",
        responses={204: None},
    )
    def delete(self, request: HttpRequest, name: str) -> HttpResponse:
        kinds.delete_kind(self.actor, name)
        return self.empty(204)


class ChangesView(SecretsView):
    """GET /api/v1/secrets/changes"""

    @extend_schema(
        operation_id="listSecretChanges",
        summary="What happened since a cursor",
        parameters=schemas.CHANGES,
        responses={200: schemas.Changes},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        cursor = query.text(request, "cursor", max_length=100)
        limit = query.integer(request, "limit", 100, least=1, most=feed.MAX_LIMIT, clamp=True)
        return self.document(documents.feed(feed.list_changes(self.actor, cursor, limit=limit)))


def _fields(fields: Fields) -> KindFields:
    made = KindFields(
        fields.text("title", required=True),
        fields.object("schema", required=True) or {},
        tuple(fields.texts("sensitive") or ()),
    )
    fields.refuse_unknown()
    fields.check()
    return made
