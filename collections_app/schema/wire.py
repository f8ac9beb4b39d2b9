"""Collections and properties as JSON, and what may stand in a new one."""

from __future__ import annotations

from typing import Any

from collections_app import catalog
from collections_app.errors import bad_request, property_type_missing, readonly, schema_change
from collections_app.schema.compiled import (
    BUILTIN_PROPERTIES,
    CollectionSchema,
    PropertySchema,
)
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.schema.drafts import PROTOTYPES, CollectionDraft, PropertyDraft
from collections_app.schema.names import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    is_collection_name,
    is_property_name,
)
from collections_app.schema.timestamps import wire_time
from vaultportal.errors import Invalid

SHOWN_FLAGS = (
    "is_builtin",
    "is_readonly",
    "is_encrypted",
    "is_index",
    "is_substring_index",
    "is_nullable",
    "is_unique",
)


def property_json(each: PropertySchema, collection: CollectionSchema) -> dict[str, Any]:
    """A property as it goes out; a built-in one is as old as its collection."""
    return {
        "name": each.name,
        "data_type_name": each.data_type.name,
        "description": each.description,
        **{flag: getattr(each, flag) for flag in SHOWN_FLAGS},
        "creation_time": wire_time(each.created_at or collection.created_at),
        "modification_time": wire_time(each.modified_at or collection.created_at),
    }


def collection_json(collection: CollectionSchema, *, with_builtins: bool) -> dict[str, Any]:
    """A collection as it goes out, its properties sorted by name."""
    return {
        "name": collection.name,
        "type": collection.type,
        "creation_time": wire_time(collection.created_at),
        "modification_time": wire_time(collection.modified_at),
        "properties": [
            property_json(each, collection)
            for each in collection.listed(with_builtins=with_builtins)
        ],
    }


def data_type(name: str) -> DataType:
    """The built-in type of that name in any letter case, the custom one of just that, or PV1012."""
    found = BUILTIN.get(name.upper()) or catalog.custom_type(name)
    if found is None:
        raise property_type_missing()
    return found


def check_collection(draft: CollectionDraft) -> list[PropertyDraft]:
    """The properties to make, built-in ones left out.

    Raises:
        Invalid: PV1008 for a name, PV1012 for the type, PV9005 for a built-in that is not as ours,
            PV9006 for a flag that the type cannot have.
    """
    if not is_collection_name(draft.name):
        raise Invalid(
            message="A collection's name is a letter, then letters, digits and underscores, "
            f"at most {LONGEST_NAME} in all.",
            reason="collection.name",
            context={"field": "name"},
        )
    if draft.type not in PROTOTYPES:
        raise bad_request("type", "must be PERSONS or DATA")
    made: dict[str, PropertyDraft] = {}
    for each in draft.properties:
        if each.name in BUILTIN_PROPERTIES or each.is_builtin:
            _check_builtin(each)
            continue
        if each.name in made:
            raise bad_request(f"properties.{each.name}", "is named twice")
        made[each.name] = check_property(draft.name, each)
    return list(made.values())


def _check_builtin(draft: PropertyDraft) -> None:
    real = BUILTIN_PROPERTIES.get(draft.name)
    if real is None or real.data_type.name != draft.data_type_name.upper():
        raise readonly(draft.name)


def check_description(text: str) -> None:
    """PV1012 for one that is too long, or that PostgreSQL cannot hold."""
    if len(text) > LONGEST_DESCRIPTION or "\0" in text:
        raise bad_request(
            "description", f"must have at most {LONGEST_DESCRIPTION} characters and no NUL"
        )


def check_property(collection: str, draft: PropertyDraft) -> PropertyDraft:
    """``draft`` when a collection of that name can have it, else Invalid."""
    if draft.name in BUILTIN_PROPERTIES:
        raise readonly(draft.name)
    if not is_property_name(draft.name) or len(collection) + len(draft.name) > LONGEST_NAME:
        raise bad_request(
            "properties.name",
            "must be a letter, then letters, digits and underscores, and with the collection's "
            f"name have at most {LONGEST_NAME} characters",
        )
    check_description(draft.description)
    kind = data_type(draft.data_type_name)
    if (draft.is_index or draft.is_unique) and not kind.is_indexable:
        raise schema_change(f"A {kind.name} cannot be indexed or unique.", property=draft.name)
    if draft.is_substring_index and not (kind.has_substrings and draft.is_encrypted):
        raise schema_change(
            "A substring index is for encrypted properties of a text type.", property=draft.name
        )
    return draft
