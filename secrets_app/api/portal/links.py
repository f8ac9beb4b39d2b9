"""The receiver's side of a one-time link: no account is needed."""

from __future__ import annotations

from typing import ClassVar

import orjson
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from secrets_app.api.portal import schemas
from secrets_app.api.portal.base import SecretsView
from secrets_app.services import links
from secrets_app.services.links import Visitor
from vaultportal.api import body
from vaultportal.api.wire import Fields
from vaultportal.directory import tickets
from vaultportal.identity import authentication, origin


class LinkView(SecretsView):
    """GET, POST /api/v1/links/{token}"""

    public: ClassVar[bool] = True

    @extend_schema(
        operation_id="peekSecretLink",
        summary="What opening would ask for; uses nothing up",
        responses={200: schemas.Peek},
        auth=[],
    )
    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        found = links.peek_link(token)
        return self.document(
            {
                "needs_passphrase": found.needs_passphrase,
                "needs_sign_in": found.needs_sign_in,
                "needs_ticket": found.needs_ticket,
                "expires_at": found.expires_at,
            }
        )

    @extend_schema(
        operation_id="openSecretLink",
        summary="Take one view",
        request=schemas.OpenLink,
        responses={200: schemas.OpenedLink},
        auth=[],
    )
    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        fields = Fields(self.json_object() if body.raw(request) else {})
        passphrase = fields.text("passphrase", max_length=1024)
        note = fields.text("note", max_length=tickets.LONGEST_NOTE)
        fields.refuse_unknown()
        fields.check()
        found = links.open_link(self.visitor(request), token, passphrase, note)
        return self.document(
            {
                "name": found.name,
                "data": orjson.Fragment(found.payload.text),
                "views_left": found.views_left,
            }
        )

    def visitor(self, request: HttpRequest) -> Visitor:
        """Who comes: somebody with a token, or anybody."""
        actor = None
        if request.headers.get("Authorization"):
            actor = authentication.authenticate(request)
        return Visitor(
            actor,
            origin.request_id(request),
            origin.client_address(request),
            origin.user_agent(request),
        )
