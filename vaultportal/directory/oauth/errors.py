"""Refusals of the OAuth2 endpoints, as kinds of the domain.

``reason`` is the error code of RFC 6749 section 5.2; the edges put it into the body.
"""

from __future__ import annotations

from vaultportal.errors import Internal, Invalid, Unauthenticated, VaultError

_SENTENCES = {
    "invalid_client": "The client is not known or its secret is wrong.",
    "invalid_grant": "The credentials, the code or the refresh token are not valid.",
    "invalid_request": "The request is not valid.",
    "invalid_scope": "The scope is not known here.",
    "unauthorized_client": "The client may not use this grant type.",
    "unsupported_grant_type": "The grant type is not supported.",
    "unsupported_response_type": "The response type is not supported.",
}


CODES = frozenset(_SENTENCES)


def refusal(code: str, message: str = "") -> VaultError:
    """The error for ``code``; one that RFC 6749 does not know is an invalid_request.

    message: replaces the code's own sentence; must not repeat what the caller sent.
    """
    if code in ("server_error", "temporarily_unavailable"):
        return Internal()
    if code not in _SENTENCES:
        code = "invalid_request"
    kind = Unauthenticated if code == "invalid_client" else Invalid
    return kind("token", message or _SENTENCES[code], reason=code)
