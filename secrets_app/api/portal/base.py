"""What the views of our own API share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from secrets_app.api.portal import documents
from secrets_app.api.portal.documents import Document
from secrets_app.payload import Payload
from secrets_app.records import Condition, Written
from vaultportal.api import body
from vaultportal.api.problem import ProblemDialect
from vaultportal.api.query import refuse
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields
from vaultportal.errors import VaultError

_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
MAX_ROLES = 1000
MAX_REASON = 255
REASON = "X-Audit-Reason"
ME = "me"
PROBLEM = ProblemDialect()


class SecretsView(VaultAPIView):
    """Entity tags, reasons, payloads and documents."""

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        if not self.public:
            self.actor = self.actor.with_(reason=self._reason())
        return super()._handler(request)

    def _reason(self) -> str:
        """What the caller says it is for, percent-encoded UTF-8; versions and the trail keep it."""
        try:
            said = unquote(self.http.headers.get(REASON, ""), errors="strict").strip()
        except UnicodeDecodeError:
            raise refuse(REASON, "format", "must be percent-encoded UTF-8") from None
        if len(said) > MAX_REASON:
            raise refuse(REASON, "range", f"must have at most {MAX_REASON} characters")
        if any(unicodedata.category(char) in ("Cc", "Cs") for char in said):
            raise refuse(REASON, "format", "must not hold control characters")
        return said

    def condition(self) -> Condition:
        """``If-Match`` and ``If-None-Match`` of the request."""
        return Condition(self._tags("If-Match"), self._tags("If-None-Match"))

    def _tags(self, header: str) -> frozenset[str] | None:
        text = self.http.headers.get(header)
        if text is None:
            return None
        if text.strip() == "*":
            return frozenset({"*"})
        if not _TAGS.fullmatch(text):
            raise refuse(header, "format", "must be * or entity tags in quotes")
        # Weak tags never match where something is to be written (RFC 9110, 13.1.1).
        return frozenset(tag for tag in map(str.strip, text.split(",")) if tag.startswith('"'))

    def owner(self, text: str) -> UUID:
        """The owner that a parameter names: ``me`` or a uuid."""
        if text == ME:
            return self.actor.user_id
        try:
            return UUID(text)
        except ValueError:
            raise refuse("owner", "format", "must be a UUID, me or shared") from None

    def owner_id(self, fields: Fields) -> UUID | None:
        """``owner_id`` of a body: a user's id or ``me``; None for a shared secret."""
        text = fields.text("owner_id")
        if text == ME:
            return self.actor.user_id
        try:
            return UUID(text) if text else None
        except ValueError:
            fields.fault("owner_id", "format", "must be a UUID or me")
            return None

    def status_of(self, refusal: VaultError) -> int:
        """The status that a refusal would have as an answer of its own."""
        return PROBLEM.wording(refusal).status

    def payload(self, data: Mapping[str, Any]) -> Payload:
        """The member ``data`` of the body as it was sent."""
        return Payload.member(body.raw(self.http), "data", data)

    def document(
        self, document: Document, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        """An answer; times in it are in UTC."""
        return self.reply_bytes(documents.encode(document), status, headers)

    def items(self, items: Sequence[Document], **further: Any) -> HttpResponse:
        """An answer that is a list."""
        return self.document({"items": items, **further})

    def written(self, made: Written, status: int = 200) -> HttpResponse:
        """The answer to a write: the new version and tag."""
        headers = {"ETag": made.etag}
        if status == 201:
            headers["Location"] = f"/api/v1/secrets/{made.id}"
        return self.document(documents.written(made), status, headers)


def uuids(fields: Fields, name: str) -> tuple[UUID, ...] | None:
    """An array of uuids; None when it is absent or null."""
    texts = fields.texts(name, most=MAX_ROLES)
    if texts is None:
        return None
    found: list[UUID] = []
    for index, text in enumerate(texts):
        try:
            found.append(UUID(text))
        except ValueError:
            fields.fault(f"{name}.{index}", "format", "must be a UUID")
    return tuple(dict.fromkeys(found))
