"""One operation as data: the request that succeeds, and all that a refusal of it depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.collections_app.api.operations_world import World

ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Call:
    """What goes into the operation's address, and with it."""

    at: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Any = ABSENT
    content: bytes | str | None = None


Asking = Callable[[World], Call]


@dataclass(frozen=True, slots=True)
class Bad:
    """A request that is refused for itself."""

    call: Asking
    code: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class Never:
    """Why a case is not there."""

    why: str


class Tenants(Enum):
    """What becomes of a request for another tenant's things."""

    REFUSED = "the whole call is refused"
    NARROWED = "they are left out"


@dataclass(frozen=True, slots=True)
class Row:
    """capability: all that are needed. votes: the operations that policies decide on.

    answers: status and code where even the good request is answered with an error.
    needs_seed: only a vault with an export seed does it.
    """

    operation: str
    capability: tuple[str, ...] | Never
    votes: tuple[str, ...] | Never
    tenants: Tenants | Never
    ask: Asking
    bad: Bad | Never
    answers: tuple[int, str] | None = None
    needs_seed: bool = False


def calling(**parts: Any) -> Asking:
    """A request that needs nothing of the world."""
    return lambda _world: Call(**parts)
