"""Failures of an OAuth2 endpoint that has no other dialect, in the words of RFC 6749."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vaultportal.dialect import Dialect, Wording
from vaultportal.directory.oauth.errors import CODES
from vaultportal.errors import VaultError

_OF_KIND = {
    "unauthenticated": "invalid_client",
    "too_many": "temporarily_unavailable",
    "unavailable": "temporarily_unavailable",
    "internal": "server_error",
}


class OAuthDialect(Dialect):
    """``error`` and ``error_description`` of RFC 6749; 401 for ``invalid_client`` alone."""

    name = "oauth"
    prefixes = ("/oauth/",)
    wordings: ClassVar[Mapping[str, Wording]] = {
        **{code: Wording(400, code) for code in CODES},
        "invalid_client": Wording(401, "invalid_client"),
        "unsupported_media": Wording(400, "invalid_request"),
    }

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """The two fields, whatever failed."""
        code = wording.code or _OF_KIND.get(error.kind, "invalid_request")
        return {"error": code, "error_description": error.message}

    def headers(self, error: VaultError, wording: Wording) -> dict[str, str]:
        """Which scheme proves a client, and which methods there are."""
        extra = super().headers(error, wording)
        if wording.status == 401:
            extra["WWW-Authenticate"] = 'Basic realm="oauth"'
        if wording.status == 405 and (allow := error.context.get("allow")):
            extra["Allow"] = allow
        return extra
