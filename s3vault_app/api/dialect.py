"""Commvault's words for failures: an integer code, or the name of one, by status.

400, 403 and 409 carry an integer, 404 and 500 a name. Older routes answer 200 and say it in the
body: their views do that (``base``).

Source: the page *Create instance of S3 Vault*; contract section 1.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from s3vault_app.rows import UNKNOWN_ID, UNKNOWN_NAME, UNKNOWN_USER
from vaultportal.dialect import STATUS_OF_KIND, Dialect, Wording
from vaultportal.errors import VaultError

BAD_INPUT, EXISTS, IN_USE, NO_RIGHT, WRONG_STATE = 2, 3, 4, 5, 6


class CommvaultDialect(Dialect):
    """``errorMessage`` and ``errorCode``, always both."""

    name: ClassVar[str] = "commvault"
    prefixes: ClassVar[tuple[str, ...]] = ("/commandcenter/api", "/webconsole/api")
    wordings: ClassVar[Mapping[str, Wording]] = {
        # reasons
        "route": Wording(404, "INVALID_OPERATION_TYPE"),
        UNKNOWN_ID: Wording(404, "INVALID_ENTITY_ID"),
        UNKNOWN_NAME: Wording(404, "VALUE_NOT_FOUND"),
        UNKNOWN_USER: Wording(404, "INVALID_USER"),
        "s3.name_taken": Wording(409, f"{EXISTS}"),
        "s3.wrong_state": Wording(409, f"{WRONG_STATE}"),
        "s3.unreachable": Wording(500, "CONNECTION_PROBLEM"),
        "in_use": Wording(409, f"{IN_USE}"),
        "database": Wording(500, "UNKNOWN_SQL_ERROR"),
        # kinds
        "invalid": Wording(400, f"{BAD_INPUT}"),
        "malformed": Wording(400, f"{BAD_INPUT}"),
        "too_large": Wording(413, f"{BAD_INPUT}"),
        "unsupported_media": Wording(415, f"{BAD_INPUT}"),
        "unauthenticated": Wording(401, f"{NO_RIGHT}"),
        "step_up": Wording(401, f"{NO_RIGHT}"),
        "forbidden": Wording(403, f"{NO_RIGHT}"),
        "pending": Wording(403, f"{NO_RIGHT}"),
        "not_found": Wording(404, "INVALID_ENTITY_ID"),
        "gone": Wording(404, "INVALID_ENTITY_ID"),
        "method": Wording(405, f"{BAD_INPUT}"),
        "disabled": Wording(405, f"{BAD_INPUT}"),
        "conflict": Wording(409, f"{WRONG_STATE}"),
        "stale": Wording(409, f"{WRONG_STATE}"),
        "too_many": Wording(429, f"{NO_RIGHT}"),
        "not_implemented": Wording(501, f"{BAD_INPUT}"),
        "unavailable": Wording(503, "CONNECTION_PROBLEM"),
        "internal": Wording(500, "INTERNAL_SERVER_PROBLEM"),
    }

    def wording(self, error: VaultError) -> Wording:
        """By reason, then by kind: codes of single faults do not choose one here."""
        return (
            self.wordings.get(error.reason)
            or self.wordings.get(error.kind)
            or Wording(STATUS_OF_KIND[error.kind], "UNKNOWN_EXCEPTION")
        )

    def body(self, error: VaultError, wording: Wording, request_id: str) -> dict[str, Any]:
        """The two keys."""
        code = wording.code
        return {
            "errorMessage": error.message,
            "errorCode": int(code) if code.isdecimal() else code,
        }


DIALECT = CommvaultDialect()


def integer_code(error: VaultError) -> int:
    """The code for shapes that know integers only; never 0."""
    code = DIALECT.wording(error).code
    return int(code) if code.isdecimal() else BAD_INPUT
