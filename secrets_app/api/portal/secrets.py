"""Secrets in our own API: find, make, read, change, erase."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from secrets_app import selectors
from secrets_app.api.portal import cursors, documents, schemas
from secrets_app.api.portal.base import SecretsView, uuids
from secrets_app.records import Ref
from secrets_app.services import reading, secrets
from secrets_app.services.secrets import Draft
from secrets_app.services.settings import UNSET, Settings, change_settings
from secrets_app.services.sharing import RoleChange
from vaultportal.api import query
from vaultportal.api.wire import Fields
from vaultportal.errors import Internal

MAX_PAGE = 200
PLAIN_TYPE = "json"
SHARED = "shared"


class SecretListView(SecretsView):
    """GET, POST /api/v1/secrets"""

    @extend_schema(
        operation_id="findSecrets",
        summary="Find secrets",
        parameters=schemas.FIND,
        responses={200: schemas.SecretPage},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        owner = query.text(request, "owner", max_length=64)
        kind = query.text(request, "type", max_length=64)
        found = selectors.find_secrets(
            self.actor,
            keywords=query.text(request, "q", max_length=1000),
            owner_id=None if owner in ("", SHARED) else self.owner(owner),
            shared=True if owner == SHARED else None,
            filter=query.choice(request, "filter", "", selectors.FILTERS),
            type="" if kind == PLAIN_TYPE else kind or None,
            after=cursors.parse(query.text(request, "after")),
            limit=query.integer(request, "limit", 50, least=1, most=MAX_PAGE, clamp=True),
        )
        items = [documents.secret(info) for info in found.items]
        return self.items(items, next=cursors.text_of(found.after))

    @extend_schema(
        operation_id="createSecret",
        summary="Store a secret",
        parameters=[schemas.REASON],
        request=schemas.NewSecret,
        responses={201: schemas.Written},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        name = fields.text("name", required=True)
        data = fields.object("data", required=True)
        owner_id = self.owner_id(fields)
        kind = fields.text("type", max_length=64)
        expires_at = fields.time("expires_at")
        needs_ticket = fields.boolean("needs_ticket")
        read_roles = uuids(fields, "read_roles") or ()
        write_roles = uuids(fields, "write_roles") or ()
        fields.refuse_unknown()
        fields.check()
        draft = Draft(
            name,
            self.payload(data or {}),
            owner_id,
            read_roles,
            write_roles,
            "" if kind == PLAIN_TYPE else kind,
            expires_at,
            needs_ticket,
        )
        return self.written(secrets.create_secret(self.actor, draft), 201)


class SecretView(SecretsView):
    """GET, PUT, PATCH, DELETE /api/v1/secrets/{id}"""

    @extend_schema(
        operation_id="getSecret",
        summary="Get a secret without its data",
        responses={200: schemas.Secret},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = selectors.get_secret(self.actor, Ref(id=secret_id))
        return self.document(documents.secret(info), headers={"ETag": info.etag})

    @extend_schema(
        operation_id="replaceSecret",
        summary="Replace data, role lists or both",
        parameters=schemas.CONDITIONS,
        request=schemas.ReplacedSecret,
        responses={200: schemas.Written},
    )
    def put(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        data = fields.object("data")
        read_roles = uuids(fields, "read_roles")
        write_roles = uuids(fields, "write_roles")
        fields.refuse_unknown()
        fields.check()
        made = secrets.replace_secret(
            self.actor,
            Ref(id=secret_id),
            payload=None if data is None else self.payload(data),
            read_roles=None if read_roles is None else RoleChange(read_roles),
            write_roles=None if write_roles is None else RoleChange(write_roles),
            condition=self.condition(),
        )
        return self.written(made)

    @extend_schema(
        operation_id="changeSecretSettings",
        summary="Change name, type, end or how many versions are kept",
        parameters=schemas.CONDITIONS,
        request=schemas.SecretSettings,
        responses={200: schemas.Written},
    )
    def patch(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        kind = fields.text("type", max_length=64)
        given = fields.given
        ticket = fields.boolean("needs_ticket", required=given("needs_ticket"))
        settings = Settings(
            name=fields.text("name") if given("name") else UNSET,
            type=("" if kind == PLAIN_TYPE else kind) if given("type") else UNSET,
            expires_at=fields.time("expires_at") if given("expires_at") else UNSET,
            keep_versions=fields.integer("keep_versions") if given("keep_versions") else UNSET,
            keep_days=fields.integer("keep_days") if given("keep_days") else UNSET,
            needs_ticket=ticket if given("needs_ticket") else UNSET,
        )
        fields.refuse_unknown()
        fields.check()
        ref = Ref(id=secret_id)
        return self.written(change_settings(self.actor, ref, settings, condition=self.condition()))

    @extend_schema(
        operation_id="deleteSecret",
        summary="Erase a secret with all its versions",
        parameters=schemas.CONDITIONS,
        responses={204: None},
    )
    def delete(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        secrets.delete_secret(self.actor, Ref(id=secret_id), condition=self.condition())
        return self.empty(204)


class SecretDataView(SecretsView):
    """GET /api/v1/secrets/{id}/data"""

    @extend_schema(
        operation_id="readSecret",
        summary="Uncover the data",
        parameters=schemas.RESOLVE,
        responses={200: schemas.OpenSecret},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        resolve = query.boolean(request, "resolve")
        read = reading.read_resolved if resolve else secrets.read_data
        found = read(self.actor, Ref(id=secret_id))
        return self.document(documents.opened(found), headers={"ETag": found.info.etag})


class LookupView(SecretsView):
    """GET /api/v1/secrets/lookup"""

    @extend_schema(
        operation_id="lookUpSecret",
        summary="Find one secret by its name",
        parameters=schemas.LOOKUP,
        responses={200: schemas.Secret},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        name = query.text(request, "name", max_length=1000)
        owner = query.text(request, "owner", SHARED, max_length=64)
        owner_id = None if owner == SHARED else self.owner(owner)
        info = selectors.get_secret(self.actor, Ref(owner_id=owner_id, name=name))
        return self.document(documents.secret(info), headers={"ETag": info.etag})


class BatchView(SecretsView):
    """POST /api/v1/secrets/read"""

    @extend_schema(
        operation_id="readSecrets",
        summary="Uncover up to 100 secrets, each with a status of its own",
        request=schemas.Batch,
        responses={200: schemas.BatchAnswer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        refs = [
            Ref(entry.uuid("id"), self.owner_id(entry), entry.text("name"))
            for entry in fields.objects("secrets", required=True, most=reading.MAX_BATCH)
        ]
        fields.refuse_unknown()
        fields.check()
        outcomes = reading.read_many(self.actor, refs)
        return self.items([self._outcome(outcome) for outcome in outcomes])

    def _outcome(self, outcome: reading.Outcome) -> documents.Document:
        if outcome.secret is not None:
            return {"status": 200, **documents.opened(outcome.secret)}
        refusal = outcome.refusal or Internal()
        return {
            "status": self.status_of(refusal),
            "id": outcome.ref.id,
            "name": outcome.ref.name or None,
            "owner_id": outcome.ref.owner_id,
            "error": {"type": refusal.reason or refusal.kind, "title": refusal.message},
        }
