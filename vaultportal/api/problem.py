"""The portal's own dialect: problem details of RFC 9457 below ``/api/v1/``."""

from __future__ import annotations

from typing import Any

from vaultportal.dialect import Dialect, Wording
from vaultportal.errors import VaultError


class ProblemDialect(Dialect):
    """``type`` is ``about:blank#kind``, so that a program can branch without reading English."""

    name = "portal"
    prefixes = ("/api/v1/", "/healthz", "/readyz", "/metrics")
    content_type = "application/problem+json"

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """title and status always; ``errors`` lists the faults as property, code, detail."""
        problem: dict[str, Any] = {
            "type": f"about:blank#{error.reason or error.kind}",
            "title": error.message,
            "status": wording.status,
            "request_id": request_id,
        }
        if error.faults:
            problem["errors"] = [
                {"property": fault.property, "code": fault.code, "detail": fault.message}
                for fault in error.faults
            ]
        if error.context:
            problem["context"] = dict(error.context)
        return problem

    def headers(self, error: VaultError, wording: Wording) -> dict[str, str]:
        """``WWW-Authenticate`` names the scheme on 401."""
        extra = {"WWW-Authenticate": "Bearer"} if wording.status == 401 else {}
        return super().headers(error, wording) | extra
