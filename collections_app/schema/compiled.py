"""A collection's schema as the data plane works with it: immutable, looked up by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from uuid import UUID

from collections_app.schema.datatypes import BUILTIN, DataType


@dataclass(frozen=True, slots=True)
class PropertySchema:
    """One property. ``id`` is its number in the database, 0 for built-in ones."""

    id: int
    name: str
    data_type: DataType
    description: str = ""
    is_unique: bool = False
    is_index: bool = False
    is_substring_index: bool = False
    is_encrypted: bool = True
    is_nullable: bool = False
    is_builtin: bool = False
    is_readonly: bool = False
    is_substring_ready: bool = False
    is_index_ready: bool = True
    is_guarding: bool = False
    is_sealing: bool = False
    created_at: datetime | None = None
    modified_at: datetime | None = None

    @property
    def is_searched(self) -> bool:
        """Whether values of it have rows in the index."""
        return self.is_unique or self.is_index or self.is_guarding

    @property
    def is_guarded(self) -> bool:
        """Whether no two active objects may get the same value from now on."""
        return self.is_unique or self.is_guarding


@dataclass(frozen=True)
class CollectionSchema:
    """One collection with its own properties, by name. ``scope`` names its keys.

    needs_ticket: people give a ticket or a note with each look at a sealed value.
    """

    id: UUID
    name: str
    type: str
    created_at: datetime
    modified_at: datetime
    properties: Mapping[str, PropertySchema]
    epoch: int = 0
    needs_ticket: bool = False
    has_substrings: bool = field(init=False)
    scope: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "scope", f"collections:{self.id}")
        substrings = any(each.is_substring_index for each in self.properties.values())
        object.__setattr__(self, "has_substrings", substrings)

    @cached_property
    def by_id(self) -> dict[int, PropertySchema]:
        """The properties by their numbers."""
        return {each.id: each for each in self.properties.values()}

    @cached_property
    def coded(self) -> dict[str, PropertySchema]:
        """The properties whose values are checked by functions of bundles, by name."""
        return {name: each for name, each in self.properties.items() if each.data_type.has_code}

    @cached_property
    def required(self) -> tuple[PropertySchema, ...]:
        """What every object must have."""
        return tuple(each for each in self.properties.values() if not each.is_nullable)

    @cached_property
    def guarded(self) -> frozenset[int]:
        """The numbers of the properties whose values are unique."""
        return frozenset(each.id for each in self.properties.values() if each.is_guarded)

    def find(self, name: str) -> PropertySchema | None:
        """The property of that name, built-in ones included."""
        return self.properties.get(name) or BUILTIN_PROPERTIES.get(name)

    def listed(self, *, with_builtins: bool) -> list[PropertySchema]:
        """Properties sorted by name."""
        builtins: Iterable[PropertySchema] = BUILTIN_PROPERTIES.values() if with_builtins else ()
        return sorted([*self.properties.values(), *builtins], key=lambda each: each.name)


def _builtin(
    name: str,
    data_type: str,
    *,
    readonly: bool = False,
    nullable: bool = True,
    unique: bool = False,
) -> PropertySchema:
    return PropertySchema(
        id=0,
        name=name,
        data_type=BUILTIN[data_type],
        is_unique=unique,
        is_index=unique,
        is_encrypted=False,
        is_nullable=nullable,
        is_builtin=True,
        is_readonly=readonly,
    )


BUILTIN_PROPERTIES: Mapping[str, PropertySchema] = {
    each.name: each
    for each in (
        _builtin("id", "OBJECT_ID", readonly=True, nullable=False, unique=True),
        _builtin("_owner_id", "OBJECT_ID"),
        _builtin("_owner_collection", "STRING"),
        _builtin("_tenant_id", "TENANT_ID"),
        _builtin("_creation_time", "TIMESTAMP", readonly=True, nullable=False),
        _builtin("_modification_time", "TIMESTAMP", readonly=True, nullable=False),
        _builtin("_expiration_time", "TIMESTAMP", readonly=True),
    )
}
