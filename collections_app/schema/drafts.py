"""What a caller wants a collection to be, before any of it is checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROTOTYPES = ("PERSONS", "DATA")
FLAG_DEFAULTS: Mapping[str, bool] = {
    "is_unique": False,
    "is_index": False,
    "is_substring_index": False,
    "is_encrypted": True,
    "is_nullable": False,
}


@dataclass(frozen=True, slots=True)
class PropertyDraft:
    """A property as it was asked for.

    given: the names of the attributes that the caller stated; the others have their defaults.
    """

    name: str
    data_type_name: str = ""
    description: str = ""
    is_unique: bool = False
    is_index: bool = False
    is_substring_index: bool = False
    is_encrypted: bool = True
    is_nullable: bool = False
    is_builtin: bool = False
    is_readonly: bool = False
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CollectionDraft:
    """A collection as it was asked for; ``type`` is PERSONS or DATA."""

    name: str
    type: str
    properties: tuple[PropertyDraft, ...] = field(default_factory=tuple)


def property_from_json(body: Mapping[str, Any]) -> PropertyDraft:
    """The draft in one JSON property.

    The contract ignores unknown attributes and ones of a wrong type; name and type are checked by
    whoever adds the property.
    """
    texts = {name: body.get(name) for name in ("name", "data_type_name", "description")}
    flags = {name: body.get(name) for name in (*FLAG_DEFAULTS, "is_builtin", "is_readonly")}
    stated = {name: value for name, value in texts.items() if isinstance(value, str)} | {
        name: value for name, value in flags.items() if isinstance(value, bool)
    }
    named: dict[str, Any] = {"name": ""} | stated
    return PropertyDraft(**named, given=frozenset(stated))


def collection_from_json(body: Mapping[str, Any]) -> CollectionDraft:
    """The draft in one JSON collection; an absent or odd type is "", which nothing new may have."""
    kind = body.get("type")
    return CollectionDraft(
        name=str(body["name"]),
        type=kind if isinstance(kind, str) else "",
        properties=tuple(property_from_json(each) for each in body.get("properties") or ()),
    )
