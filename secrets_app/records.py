"""What services and selectors hand out: frozen records, plaintext never in a repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote
from uuid import UUID

import orjson

from secrets_app.payload import Payload
from vaultportal.errors import Stale

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ref:
    """Which secret: by id, or by its name within one space (an owner's, or the shared one)."""

    id: UUID | None = None
    owner_id: UUID | None = None
    name: str = ""

    @classmethod
    def personal(cls, owner_id: UUID, name: str) -> Self:
        return cls(owner_id=owner_id, name=name)

    @classmethod
    def shared(cls, name: str) -> Self:
        return cls(name=name)


@dataclass(frozen=True, slots=True)
class RoleHandle:
    """A role in ``read_roles`` or ``write_roles``; a deleted one opens nothing."""

    id: UUID
    name: str
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """All of a secret but its data.

    read_handles, write_handles: the role handles as JSON text, in their order.
    may_read, may_write, may_delete, may_own: what the asking actor may do with it now.
    needs_ticket: people give a ticket or a note with each look at it.
    held_by, held_until: who has it checked out alone; None when nobody has.
    """

    id: UUID
    name: str
    owner_id: UUID | None
    author_id: UUID
    updated_by_id: UUID
    type: str
    version: int
    revision: int
    expires_at: datetime | None
    keep_versions: int | None
    keep_days: int | None
    needs_ticket: bool
    created_at: datetime
    updated_at: datetime
    held_by: UUID | None
    held_until: datetime | None
    read_handles: str
    write_handles: str
    may_read: bool = False
    may_write: bool = False
    may_delete: bool = False
    may_own: bool = False

    @property
    def read_roles(self) -> list[RoleHandle]:
        return _handles(self.read_handles)

    @property
    def write_roles(self) -> list[RoleHandle]:
        return _handles(self.write_handles)

    @property
    def path(self) -> str:
        """The address of the secret on the wire, percent-encoded."""
        return path_of(self.owner_id, self.name)

    @property
    def etag(self) -> str:
        return etag_of(self.id, self.revision)

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class OpenSecret:
    """A secret, with its data for those who may read it; None for those who may only view.

    number: of the version that the data are.
    """

    info: SecretInfo
    payload: Payload | None = field(repr=False)
    number: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a write made: enough for the answer and the next check-and-set."""

    id: UUID
    name: str
    owner_id: UUID | None
    version: int
    revision: int

    @property
    def path(self) -> str:
        return path_of(self.owner_id, self.name)

    @property
    def etag(self) -> str:
        return etag_of(self.id, self.revision)


@dataclass(frozen=True, slots=True)
class Condition:
    """Check-and-set: what the entity tag must be, and must not be, for a write to happen.

    match, none_match: tags with their quotes, ``*`` for any; None asks nothing.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def require(self, etag: str) -> None:
        """Stale unless both hold for the secret as it is, whose row the caller holds."""
        matches = self.match is None or not self.match.isdisjoint({etag, "*"})
        clashes = self.none_match is not None and not self.none_match.isdisjoint({etag, "*"})
        if clashes or not matches:
            raise Stale("secret", context={"etag": etag})


ANY = Condition()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of the matches. count: all of them, and 0 past the end, as the wire has it."""

    count: int
    items: list[T]


def path_of(owner_id: UUID | None, name: str) -> str:
    """``/vault/api/v1/…`` of a secret."""
    space = "secrets" if owner_id is None else f"user/{owner_id}/secrets"
    return f"/vault/api/v1/{space}/{quote(name, safe='')}"


def etag_of(secret_id: UUID, revision: int) -> str:
    """The entity tag, quoted. With the id in it a secret made anew never has an old one's tag."""
    return f'"{secret_id.hex}.{revision}"'


def _handles(text: str) -> list[RoleHandle]:
    rows: list[dict[str, Any]] = orjson.loads(text)
    return [RoleHandle(UUID(row["id"]), row["name"], bool(row.get("deleted"))) for row in rows]
