"""The words of one kind of client: which status, code and body stand for a failure.

A dialect is one table and one method. Each app registers its own for the path prefixes that it
serves; whatever fails under such a prefix, an unknown route included, leaves in its words.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from vaultportal.errors import VaultError


class Wording(NamedTuple):
    """HTTP status and the dialect's own code for a failure."""

    status: int
    code: str = ""


STATUS_OF_KIND: Mapping[str, int] = {
    "invalid": 400,
    "malformed": 400,
    "too_large": 413,
    "unsupported_media": 415,
    "unauthenticated": 401,
    "step_up": 401,
    "forbidden": 403,
    "not_found": 404,
    "method": 405,
    "disabled": 405,
    "conflict": 409,
    "stale": 412,
    "gone": 410,
    "pending": 202,
    "too_many": 429,
    "not_implemented": 501,
    "unavailable": 503,
    "internal": 500,
}


class Dialect(ABC):
    """How failures are worded for the paths below ``prefixes``.

    wordings is asked for the error's reason, then for the code of its only fault, then for its
    kind; what it does not know gets the plain HTTP status and no code.
    """

    name: ClassVar[str]
    prefixes: ClassVar[tuple[str, ...]]
    wordings: ClassVar[Mapping[str, Wording]] = {}
    content_type: ClassVar[str] = "application/json"

    def wording(self, error: VaultError) -> Wording:
        """The status and code for ``error``."""
        keys = [error.reason, error.faults[0].code if len(error.faults) == 1 else "", error.kind]
        for key in keys:
            if key and (found := self.wordings.get(key)):
                return found
        return Wording(STATUS_OF_KIND[error.kind])

    @abstractmethod
    def body(self, error: VaultError, wording: Wording, request_id: str) -> Any:
        """The JSON body of the answer."""

    def headers(self, error: VaultError, wording: Wording) -> dict[str, str]:
        """Headers beside the content type; ``Retry-After`` where the error knows it.

        ``Location`` of what is pending says where to look for the decision.
        """
        if error.kind == "pending" and (place := error.context.get("approval")):
            return {"Location": place}
        if error.retry_after is not None:
            return {"Retry-After": str(error.retry_after)}
        return {}


_by_prefix: dict[str, Dialect] = {}
_prefixes: tuple[str, ...] = ()


def register(dialect: Dialect) -> None:
    """Let ``dialect`` word the failures below its prefixes; the longest prefix wins."""
    global _prefixes
    _by_prefix.update(dict.fromkeys(dialect.prefixes, dialect))
    _prefixes = tuple(sorted(_by_prefix, key=len, reverse=True))


def for_path(path: str) -> Dialect | None:
    """The dialect of an API path in any letter case; None for pages that browsers see."""
    lowered = path.lower()
    for prefix in _prefixes:
        if lowered.startswith(prefix):
            return _by_prefix[prefix]
    return None
