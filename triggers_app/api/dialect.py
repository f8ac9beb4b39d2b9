"""SailPoint's words: detail codes, tracking ids and localized sentences; 401 and 429 apart.

Source: contract of triggers, section 3; the page of Complete Trigger Invocation.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from triggers_app.api import locale, words
from vaultportal.dialect import STATUS_OF_KIND, Dialect, Wording
from vaultportal.errors import VaultError

logger = logging.getLogger(__name__)

NO_TOKEN = "JWT validation failed: JWT is missing"  # noqa: S105 a sentence
# Unknown, revoked and expired look the same.
BAD_TOKEN = "JWT validation failed: JWT is expired"  # noqa: S105 a sentence
RATE_LIMITED = " Rate Limit Exceeded "


class SailPointDialect(Dialect):
    """400, 403, 404 and 500 have ``detailCode``, ``trackingId``, ``messages`` and ``causes``."""

    name: ClassVar[str] = "sailpoint"
    prefixes: ClassVar[tuple[str, ...]] = (
        "/beta/",
        "/v2024/",
        "/v2025/",
        "/v2026/",
        "/triggers/v1",
        "/trigger-subscriptions",
        "/trigger-invocations",
    )
    wordings: ClassVar[Mapping[str, Wording]] = {
        # reasons
        "experimental": Wording(400, words.CONTENT),
        "trigger.unknown": Wording(400, words.REFERENCE),
        "trigger.limit": Wording(400, words.LIMIT),
        "invocation.unknown": Wording(400, words.REFERENCE),
        "invocation.closed": Wording(400, words.CLOSED),
        # kinds
        "invalid": Wording(400, words.CONTENT),
        "malformed": Wording(400, words.SYNTAX),
        "too_large": Wording(413, words.TOO_LARGE),
        "unsupported_media": Wording(415, words.MEDIA),
        "unauthenticated": Wording(401),
        "forbidden": Wording(403, words.FORBIDDEN),
        "not_found": Wording(404, words.NOT_FOUND),
        "method": Wording(405, words.METHOD),
        "disabled": Wording(400, words.CONTENT),
        "conflict": Wording(400, words.CLOSED),
        "stale": Wording(400, words.CLOSED),
        "too_many": Wording(429),
        "unavailable": Wording(503, words.UNAVAILABLE),
        "internal": Wording(500, words.FAULT),
    }

    of_faults: ClassVar[Mapping[str, Wording]] = {
        "missing": Wording(400, words.MISSING),
        "readonly": Wording(400, words.READONLY),
        "range": Wording(400, words.LENGTH),
        "choice": Wording(400, words.ILLEGAL),
        "format": Wording(400, words.ILLEGAL),
    }

    def wording(self, error: VaultError) -> Wording:
        """By reason, by the code that all faults share, by kind."""
        if error.kind == "internal":  # whatever its reason is, the caller learns nothing of it
            return self.wordings["internal"]
        if found := self.wordings.get(error.reason):
            return found
        codes = {fault.code for fault in error.faults}
        if len(codes) == 1 and (found := self.of_faults.get(codes.pop())):
            return found
        if found := self.wordings.get(error.kind):
            return found
        return Wording(STATUS_OF_KIND[error.kind], words.CONTENT)

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """One of three shapes, by the status."""
        listener = locale.listener()
        if wording.status == 401:
            return {"error": BAD_TOKEN if listener.has_token else NO_TOKEN}
        if wording.status == 429:
            return {"message": RATE_LIMITED}
        tracking_id = uuid4().hex
        logger.info("refused: %s, trackingId %s", wording.code, tracking_id)
        sentence = words.message(error, wording.code, listener.language)
        causes = [words.cause(fault, listener.language) for fault in error.faults]
        if error.kind == "malformed" and listener.language == "en":
            causes = [error.message]
        return {
            "detailCode": wording.code,
            "trackingId": tracking_id,
            "messages": [self._localized(sentence, listener)],
            "causes": [self._localized(each, listener) for each in causes],
        }

    def headers(self, error: VaultError, wording: Wording) -> dict[str, str]:
        """``Retry-After`` where known, ``Allow`` on 405."""
        extra = super().headers(error, wording)
        if wording.status == 405 and (allow := error.context.get("allow")):
            extra["Allow"] = allow
        return extra

    def _localized(self, text: str, listener: locale.Listener) -> dict[str, str]:
        return {"locale": listener.tag, "localeOrigin": listener.origin, "text": text}
