"""The vault service: personal and shared secrets, metadata, search, schemas.

Source: PrivX vault API, ``/vault/api/v1``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from secrets_app import selectors, types
from secrets_app.api import wire
from secrets_app.payload import Payload
from secrets_app.records import Page, Ref, SecretInfo, Written
from secrets_app.selectors import Window
from secrets_app.services import secrets
from secrets_app.services.secrets import Draft
from vaultportal.api import body, query
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields

MAX_LIMIT = 100


class VaultView(VaultAPIView):
    """What the views of this service share."""

    def window(self) -> Window:
        """``offset`` and ``limit``; 0 and absent mean the default, too many mean the most."""
        offset = query.integer(self.http, "offset", 0)
        limit = query.integer(self.http, "limit", MAX_LIMIT, most=MAX_LIMIT, clamp=True)
        return Window(offset, limit or MAX_LIMIT)

    def reply_page(self, page: Page[SecretInfo]) -> HttpResponse:
        return self.reply_bytes(wire.page(page))

    def reply_created(self, made: Written) -> HttpResponse:
        return self.reply({"name": made.name}, 201, {"Location": made.path})

    def create(self, owner_id: UUID | None, *, data_required: bool) -> HttpResponse:
        """What POST does for a personal and a shared secret."""
        fields = Fields(self.json_object())
        name = fields.text("name", required=True)
        data = fields.object("data", required=data_required)
        read_roles = wire.role_ids(fields, "read_roles")
        write_roles = wire.role_ids(fields, "write_roles")
        if owner_id is not None:
            wire.require_same_owner(fields, owner_id)
        fields.check()
        draft = Draft(name, self.payload(data), owner_id, read_roles, write_roles)
        return self.reply_created(secrets.create_secret(self.actor, draft))

    def replace(self, ref: Ref) -> HttpResponse:
        """What PUT does for a personal and a shared secret."""
        fields = Fields(self.json_object())
        data = fields.object("data")
        read_roles = wire.role_change(fields, "read_roles")
        write_roles = wire.role_change(fields, "write_roles")
        fields.check()
        secrets.replace_secret(
            self.actor,
            ref,
            payload=None if data is None else self.payload(data),
            read_roles=read_roles,
            write_roles=write_roles,
        )
        return self.empty()

    def payload(self, data: Mapping[str, Any] | None) -> Payload:
        """The member ``data`` of the body as it was sent; the empty object when it is absent."""
        if data is None:
            return Payload.of({})
        return Payload.member(body.raw(self.http), "data", data)


class PersonalSecretsView(VaultView):
    """GET, POST /vault/api/v1/user/{user_id}/secrets"""

    @extend_schema(
        operation_id="listPersonalSecrets",
        summary="List a user's secrets",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        window = self.window()
        return self.reply_page(selectors.list_personal(self.actor, wire.user_id(user_id), window))

    @extend_schema(
        operation_id="createPersonalSecret",
        summary="Create a personal secret",
        request=OpenApiTypes.OBJECT,
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: HttpRequest, user_id: str) -> HttpResponse:
        return self.create(wire.required_user_id(user_id), data_required=True)


class PersonalSecretView(VaultView):
    """GET, PUT, DELETE /vault/api/v1/user/{user_id}/secrets/{name}"""

    @extend_schema(
        operation_id="getPersonalSecret",
        summary="Get a personal secret",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest, user_id: str, name: str) -> HttpResponse:
        ref = wire.personal(user_id, name)
        return self.reply_bytes(wire.opened(secrets.read_secret(self.actor, ref)))

    @extend_schema(
        operation_id="updatePersonalSecret",
        summary="Replace a personal secret",
        request=OpenApiTypes.OBJECT,
        responses={200: None},
    )
    def put(self, request: HttpRequest, user_id: str, name: str) -> HttpResponse:
        return self.replace(wire.personal(user_id, name))

    @extend_schema(
        operation_id="deletePersonalSecret",
        summary="Delete a personal secret",
        responses={200: None},
    )
    def delete(self, request: HttpRequest, user_id: str, name: str) -> HttpResponse:
        secrets.delete_secret(self.actor, wire.personal(user_id, name))
        return self.empty()


class PersonalMetadataView(VaultView):
    """GET /vault/api/v1/user/{user_id}/metadata/secrets/{name}"""

    @extend_schema(
        operation_id="getPersonalSecretMetadata",
        summary="Get a personal secret without its data",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest, user_id: str, name: str) -> HttpResponse:
        info = selectors.get_secret(self.actor, wire.personal(user_id, name))
        return self.reply_bytes(wire.metadata(info))


class SharedSecretsView(VaultView):
    """GET, POST /vault/api/v1/secrets"""

    @extend_schema(
        operation_id="listSharedSecrets",
        summary="List the shared secrets within reach",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.reply_page(selectors.list_shared(self.actor, self.window()))

    @extend_schema(
        operation_id="createSharedSecret",
        summary="Create a shared secret",
        request=OpenApiTypes.OBJECT,
        responses={201: OpenApiTypes.OBJECT},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        return self.create(None, data_required=False)


class SharedSecretView(VaultView):
    """GET, PUT, DELETE /vault/api/v1/secrets/{name}"""

    @extend_schema(
        operation_id="getSharedSecret",
        summary="Get a shared secret",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        return self.reply_bytes(wire.opened(secrets.read_secret(self.actor, Ref.shared(name))))

    @extend_schema(
        operation_id="updateSharedSecret",
        summary="Replace a shared secret",
        request=OpenApiTypes.OBJECT,
        responses={200: None},
    )
    def put(self, request: HttpRequest, name: str) -> HttpResponse:
        return self.replace(Ref.shared(name))

    @extend_schema(
        operation_id="deleteSharedSecret", summary="Delete a shared secret", responses={200: None}
    )
    def delete(self, request: HttpRequest, name: str) -> HttpResponse:
        secrets.delete_secret(self.actor, Ref.shared(name))
        return self.empty()


class SharedMetadataView(VaultView):
    """GET /vault/api/v1/metadata/secrets/{name}"""

    @extend_schema(
        operation_id="getSharedSecretMetadata",
        summary="Get a shared secret without its data",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        return self.reply_bytes(wire.metadata(selectors.get_secret(self.actor, Ref.shared(name))))


class SearchView(VaultView):
    """POST /vault/api/v1/search/secrets"""

    @extend_schema(
        operation_id="searchSharedAndPersonalSecrets",
        summary="Search all secrets within reach",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object() if body.raw(request) else {})
        window = wire.search_window(request, fields, MAX_LIMIT)
        keywords = fields.text("keywords", max_length=1000)
        owners = wire.owner_ids(fields)
        wanted = wire.search_filter(fields)
        fields.check()
        found = selectors.search_secrets(
            self.actor, window, keywords=keywords, owners=owners, filter=wanted
        )
        return self.reply_page(found)


class SchemasView(VaultView):
    """GET /vault/api/v1/schemas"""

    @extend_schema(
        operation_id="listSchemas",
        summary="The types of secrets",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.reply(
            [
                {
                    "name": kind.name,
                    "title": str(kind.title),
                    "schema": kind.schema,
                    "masked": list(kind.sensitive),
                }
                for kind in types.every_kind()
            ]
        )
