"""What the views of this wire share: its token headers, its lists, and its four ways to fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from s3vault_app.api import xml
from s3vault_app.api.dialect import integer_code
from s3vault_app.api.openapi import WireSchema
from s3vault_app.api.paths import BASE
from s3vault_app.services import sessions
from vaultportal.api import body
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields
from vaultportal.audit import refusals
from vaultportal.errors import Internal, Unauthenticated, VaultError

SCHEME = "qsdk "


class WireView(VaultAPIView):
    """``params``: the query by lower-case key, since clients write keys in any case.

    mild: refusals leave as 200 with ``refusal``'s body, as the older routes do it. A missing token
        is 401 and a failure of the portal 500 there too.
    """

    schema = WireSchema()
    mild: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As every API view, with the token of ``Authtoken`` where that is sent."""
        token = str(request.META.get("HTTP_AUTHTOKEN", "")).strip()
        if token:
            if token.lower().startswith(SCHEME):
                token = token[len(SCHEME) :].strip()
            request.META["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        self.params = {key.lower(): request.GET[key] for key in request.GET}
        return super().dispatch(request, *args, **kwargs)

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        handler = super()._handler(request)
        if not self.public:
            sessions.require_reach(self.actor, request.path_info.removeprefix(BASE))
        return self._mildly(handler) if self.mild else handler

    def _mildly(self, handler: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return handler(request, *args, **kwargs)
            except (Unauthenticated, Internal):
                raise
            except VaultError as error:
                if error.kind == "forbidden":
                    refusals.note(request, error, self.actor)
                return self.reply(self.refusal(error))

        return run

    def refusal(self, error: VaultError) -> dict[str, Any]:
        """The body of a refusal with status 200: the list of the V1 writes, unless overridden."""
        code = integer_code(error)
        return {
            "response": [
                {"errorCode": code, "errorString": error.message, "errorMessage": error.message}
            ]
        }

    def document(self) -> dict[str, Any]:
        """The body as an object; none at all is an empty one. Null and "" are as if absent."""
        if not body.raw(self.http):
            return {}
        found: dict[str, Any] = present(dict(self.json_object()))
        return found

    def fields(self) -> Fields:
        """The body, to be read field by field."""
        return Fields(self.document())

    def number(self, name: str, default: int = 0, *, most: int = 2**31 - 1) -> int:
        """A whole number of the query; what is none counts as absent."""
        text = self.params.get(name.lower(), "")
        if not (text.isascii() and text.isdecimal()) or len(text) > 19:
            return default
        return min(int(text), most)

    def flag(self, name: str) -> bool:
        """A switch of the query, as the clients spell them."""
        return self.params.get(name.lower(), "").lower() in ("true", "1", "yes")

    def wants_xml(self) -> bool:
        """Whether the answer is to be XML."""
        return xml.is_asked_for(self.http.headers.get("Accept", ""))

    def reply_xml(self, root: str, status: int = 200) -> HttpResponse:
        """An XML answer of one element."""
        return self.reply_bytes(xml.document(root), status, content_type=xml.CONTENT_TYPE)

    def done(self, **further: Any) -> HttpResponse:
        """The generic answer of a success."""
        return self.reply({"errorCode": 0, "errorMessage": "", **further})


def present(value: Any) -> Any:
    """Objects without their null and empty-text members, at every depth."""
    if isinstance(value, dict):
        return {
            key: present(each) for key, each in value.items() if each is not None and each != ""
        }
    if isinstance(value, list):
        return [present(each) for each in value]
    return value
