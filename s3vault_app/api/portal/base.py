"""What the views of our own API of S3 vaults share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from s3vault_app.api.openapi import PortalSchema
from s3vault_app.services import sessions
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields


class S3View(VaultAPIView):
    """Problem details for failures; times in UTC."""

    schema = PortalSchema()

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        """A token of the wire that is for some of its addresses is not for these."""
        handler = super()._handler(request)
        sessions.require_reach(self.actor, request.path_info)
        return handler

    def document(self, data: Any, status: int = 200) -> HttpResponse:
        """An answer."""
        return self.reply_bytes(orjson.dumps(data, option=orjson.OPT_UTC_Z), status)

    def fields(self) -> Fields:
        """The body, to be read field by field."""
        return Fields(self.json_object())
