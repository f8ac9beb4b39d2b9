"""The base of every API view: an actor, a strict body, answers as bytes.

It is a DRF ``APIView`` so that drf-spectacular and DRF's serializers know it, with a dispatch of
its own: negotiation, parser and renderer classes cost more than reading a secret
(docs/decisions/0008-lean-views.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.views import APIView

from vaultportal.api import body, handlers
from vaultportal.dialect import Dialect
from vaultportal.errors import MethodNotAllowed
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor


class VaultAPIView(APIView):
    """One class an address. ``self.actor`` is who calls; handlers return ``reply`` or ``empty``.

    public: the address needs no credential, and none is looked at.
    dialect: words its failures; None takes the one of the path's prefix.
    """

    public: ClassVar[bool] = False
    dialect: ClassVar[Dialect | None] = None
    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Authenticate, find the method's handler, run it; any failure is worded by the dialect."""
        self.http = request
        self.args = args
        self.kwargs = kwargs
        actor = None
        try:
            if not self.public:
                self.actor = actor = self.authenticate(request)
                request.actor = actor  # type: ignore[attr-defined]  # ours, for the access log
            return self._handler(request)(request, *args, **kwargs)
        except Exception as fault:  # callers get the wording of their dialect, whatever it is
            return handlers.answer(request, fault, dialect=self.dialect, actor=actor)

    def authenticate(self, request: HttpRequest) -> Actor:
        """Who calls; a dialect with credentials of its own asks for them here."""
        return authentication.authenticate(request)

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        method = (request.method or "").lower()
        if method == "head" and not hasattr(self, "head"):
            method = "get"
        if method in self.http_method_names and method != "options":
            handler: Callable[..., HttpResponseBase] | None = getattr(self, method, None)
            if handler is not None:
                return handler
        raise MethodNotAllowed(context={"allow": ", ".join(self.allowed_methods)})

    def json(self, *content_types: str) -> Any:
        """The body as a strict JSON value."""
        if content_types:
            return body.read_json(self.http, content_types=content_types)
        return body.read_json(self.http)

    def json_object(self, *content_types: str) -> Mapping[str, Any]:
        """The body as a JSON object."""
        return body.as_object(self.json(*content_types))

    def reply(
        self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """``data`` as JSON. Nothing that an API answers may be kept by a cache."""
        return self.reply_bytes(orjson.dumps(data), status, headers)

    def reply_bytes(
        self,
        content: bytes,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> HttpResponse:
        """Bytes that are ready to send."""
        response = HttpResponse(content, status=status, content_type=content_type)
        response["Cache-Control"] = "no-store"
        response["Content-Length"] = str(len(content))
        for name, value in (headers or {}).items():
            response[name] = value
        return response

    def empty(self, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """No body, and no content type that would promise one."""
        response = self.reply_bytes(b"", status, headers)
        del response["Content-Type"]
        return response
