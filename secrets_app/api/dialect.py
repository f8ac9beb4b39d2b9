"""Failures in the words of PrivX's four services, and of OAuth where OAuth has its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vaultportal.dialect import Dialect, Wording
from vaultportal.directory.oauth.errors import CODES as OAUTH_CODES
from vaultportal.errors import Fault, VaultError

# Fault codes to error codes. The wire has no 409, 413, 415 or 422: all of that is 400.
CODES: Mapping[str, str] = {
    "missing": "REQUIRED_VALUE_MISSING",
    "type": "VALUE_INCORRECT_TYPE",
    "format": "VALUE_INCORRECT_FORMAT",
    "range": "VALUE_OUT_OF_BOUNDS",
    "duplicate": "VALUE_DUPLICATE",
    "unknown": "BAD_REQUEST",
    "choice": "BAD_REQUEST",
    "conflict": "BAD_REQUEST",
    "readonly": "BAD_REQUEST",
}

# Tools search the text of a 404, since the vendor's own library drops the status.
NOT_FOUND = "{noun} not found (OBJECT_NOT_FOUND)"


class PrivXDialect(Dialect):
    """``error_code`` always; ``property`` and ``details`` where a part of the input is wrong."""

    name = "privx"
    prefixes: ClassVar[tuple[str, ...]] = (
        "/vault/api/",
        "/auth/api/",
        "/role-store/api/",
        "/local-user-store/api/",
    )
    wordings: ClassVar[Mapping[str, Wording]] = {
        **{fault: Wording(400, code) for fault, code in CODES.items()},
        "invalid": Wording(400, "INVALID_REQUEST_DATA"),
        "malformed": Wording(400, "INVALID_REQUEST_DATA"),
        "unsupported_media": Wording(400, "INVALID_REQUEST_DATA"),
        "too_large": Wording(400, "VALUE_OUT_OF_BOUNDS"),
        "unauthenticated": Wording(401, "PERMISSION_DENIED"),
        "step_up": Wording(403, "PERMISSION_DENIED"),
        "forbidden": Wording(403, "PERMISSION_DENIED"),
        "pending": Wording(403, "PERMISSION_DENIED"),
        "disabled": Wording(403, "PERMISSION_DENIED"),
        "not_found": Wording(404, "GENERAL_ERROR"),
        "gone": Wording(404, "GENERAL_ERROR"),
        "method": Wording(405, "BAD_REQUEST"),
        "conflict": Wording(400, "BAD_REQUEST"),
        "stale": Wording(412, "BAD_REQUEST"),
        "too_many": Wording(429, "MAX_LOAD"),
        "not_implemented": Wording(400, "BAD_REQUEST"),
        "database": Wording(500, "DATABASE_ERROR"),
        "cache": Wording(500, "CACHE_ERROR"),
        "unavailable": Wording(500, "GENERAL_ERROR"),
        "internal": Wording(500, "GENERAL_ERROR"),
    }

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """The error object; more than one fault goes into ``details``, each in the same shape."""
        body: dict[str, Any] = {"error_code": wording.code, "error_message": message_of(error)}
        if error.faults:
            body["property"] = error.faults[0].property
        if len(error.faults) > 1:
            body["details"] = [detail_of(fault) for fault in error.faults]
        return body

    def headers(self, error: VaultError, wording: Wording) -> dict[str, str]:
        """``WWW-Authenticate`` beside 401, ``Allow`` beside 405."""
        extra = super().headers(error, wording)
        if wording.status == 401:
            extra["WWW-Authenticate"] = "Bearer"
        if wording.status == 405 and (allow := error.context.get("allow")):
            extra["Allow"] = allow
        return extra


def message_of(error: VaultError) -> str:
    """One sentence for a person, or the words that tools look for."""
    if error.kind != "not_found":
        return error.message
    if error.reason == "route":
        return "There is nothing at this address"
    noun = error.noun or "object"
    return NOT_FOUND.format(noun=noun[:1].upper() + noun[1:])


def detail_of(fault: Fault) -> dict[str, str]:
    """One fault as an entry of ``details``."""
    return {
        "error_code": CODES[fault.code],
        "error_message": f"{fault.property} {fault.message}",
        "property": fault.property,
    }


# What OAuth calls an error that the domain names by its kind alone.
OAUTH_ERRORS: Mapping[str, str] = {
    "unauthenticated": "invalid_client",
    "forbidden": "unauthorized_client",
    "too_many": "temporarily_unavailable",
    "unavailable": "temporarily_unavailable",
    "internal": "server_error",
}


class OAuthDialect(PrivXDialect):
    """The body of RFC 6749 beside PrivX's own, which one library prints.

    An error whose reason is a code of RFC 6749 keeps that code; its status is 400, and 401 for
    ``invalid_client`` alone.
    """

    name = "privx-oauth"
    prefixes: ClassVar[tuple[str, ...]] = (
        "/auth/api/v1/oauth/",
        "/auth/api/v1/login",
        "/auth/api/v1/token/login",
    )
    wordings: ClassVar[Mapping[str, Wording]] = {
        **PrivXDialect.wordings,
        **dict.fromkeys(OAUTH_CODES, Wording(400, "BAD_REQUEST")),
        "invalid_client": Wording(401, "PERMISSION_DENIED"),
    }

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """``error`` and ``error_description``, then the error object of the other services."""
        code = error.reason if error.reason in OAUTH_CODES else ""
        return {
            "error": code or OAUTH_ERRORS.get(error.kind, "invalid_request"),
            "error_description": message_of(error),
            **super().body(error, wording, request_id),
        }

    def headers(self, error: VaultError, wording: Wording) -> dict[str, str]:
        """The client, not a token, has to prove itself here."""
        extra = super().headers(error, wording)
        if wording.status == 401:
            extra["WWW-Authenticate"] = 'Basic realm="oauth"'
        return extra
