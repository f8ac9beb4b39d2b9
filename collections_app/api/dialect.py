"""Piiano's words: an envelope of always four keys, and a PV code for every failure.

Source: Piiano Vault's error pages; codes from PV9000 on are ours, where theirs are not public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vaultportal.dialect import STATUS_OF_KIND, Dialect, Wording
from vaultportal.errors import VaultError

# Of a refusal, for the portal's own pages; Piiano names neither.
_OURS = frozenset({"permission", "thing"})
ERROR_URL = "https://docs.piiano.com/api/error-codes#"


class PiianoDialect(Dialect):
    """``error_code``, ``message``, ``error_url`` and ``context``, an object of strings or null."""

    name: ClassVar[str] = "piiano"
    prefixes: ClassVar[tuple[str, ...]] = ("/api/pvlt/",)
    wordings: ClassVar[Mapping[str, Wording]] = {
        # reasons
        "reason.missing": Wording(400, "PV1001"),
        "reason.unknown": Wording(400, "PV1002"),
        "feature.disabled": Wording(405, "PV1003"),
        "collection.missing": Wording(404, "PV1004"),
        "policy": Wording(403, "PV1006"),
        "capability": Wording(403, "PV1007"),
        "collection.name": Wording(400, "PV1008"),
        "timeout": Wording(503, "PV1009"),
        "database": Wording(503, "PV1010"),
        "user.disabled": Wording(401, "PV1011"),
        "admin.regenerate": Wording(403, "PV2021"),
        "value.invalid": Wording(400, "PV3002"),
        "value.unresolved": Wording(404, "PV3003"),
        "property.missing": Wording(404, "PV3004"),
        "object.missing": Wording(404, "PV3005"),
        "token.missing": Wording(404, "PV3009"),
        "token.unknown": Wording(404, "PV3087"),
        "object.concurrent": Wording(409, "PV3218"),
        "ciphertext.archived": Wording(400, "PV3233"),
        "substring.building": Wording(503, "PV3274"),
        "bulk.aborted": Wording(409, "PV9000"),
        "name.taken": Wording(409, "PV9001"),
        "in_use": Wording(409, "PV9002"),
        "value.taken": Wording(409, "PV9003"),
        "value.required": Wording(400, "PV9004"),
        "property.readonly": Wording(400, "PV9005"),
        "schema.change": Wording(400, "PV9006"),
        "tenant.violation": Wording(403, "PV9007"),
        "tenant.unclear": Wording(400, "PV9007"),
        "ciphertext.refused": Wording(400, "PV9008"),
        "token.refused": Wording(400, "PV9009"),
        "transaction.used": Wording(409, "PV9010"),
        "tag.taken": Wording(409, "PV9011"),
        "size": Wording(400, "PV9012"),
        "code.failed": Wording(400, "PV9013"),
        "code.threw": Wording(500, "PV9013"),
        "destination": Wording(403, "PV9014"),
        "iam.invalid": Wording(400, "PV9015"),
        "search.refused": Wording(400, "PV9016"),
        # kinds
        "invalid": Wording(400, "PV1012"),
        "malformed": Wording(400, "PV1012"),
        "too_large": Wording(413, "PV1012"),
        "unsupported_media": Wording(415, "PV1012"),
        "unauthenticated": Wording(401, "PV1005"),
        "step_up": Wording(401, "PV1005"),
        "forbidden": Wording(403, "PV1007"),
        "not_found": Wording(404, "PV1004"),
        "method": Wording(405, "PV1003"),
        "disabled": Wording(405, "PV1026"),
        "conflict": Wording(409, "PV3218"),
        "stale": Wording(409, "PV3218"),
        "gone": Wording(410, "PV1033"),
        "pending": Wording(503, "PV1009"),
        "too_many": Wording(429, "PV1009"),
        "not_implemented": Wording(501, "PV2001"),
        "unavailable": Wording(503, "PV1009"),
        "internal": Wording(500, "PV1000"),
    }
    # What a vendor's page shows for a code, where the portal's own sentence differs.
    _sentences: ClassVar[Mapping[str, str]] = {
        "PV1000": "Something went wrong",
        "PV1005": "The request is unauthorized.",
        "PV1033": "The resource is gone.",
    }

    def wording(self, error: VaultError) -> Wording:
        """By reason, then by kind: codes of single faults do not choose a PV code."""
        if error.kind == "internal":  # whatever its reason is, the caller learns nothing of it
            return self.wordings["internal"]
        return (
            self.wordings.get(error.reason)
            or self.wordings.get(error.kind)
            or Wording(STATUS_OF_KIND[error.kind], "PV1000")
        )

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """The four keys. Identifiers go into ``context``; the request id is in a header."""
        return {
            "error_code": wording.code,
            "message": self._sentences.get(wording.code, error.message),
            "error_url": f"{ERROR_URL}{wording.code}",
            "context": {key: value for key, value in error.context.items() if key not in _OURS},
        }
