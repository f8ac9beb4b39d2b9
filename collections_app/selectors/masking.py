"""What to ask for so that a page may show it without uncovering anything."""

from __future__ import annotations

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.datatypes import TOKEN

MASK = "mask"


def masked_key(each: PropertySchema) -> str:
    """A clear property bare, an encrypted one by its mask; "" for one that has none."""
    if not each.is_encrypted:
        return each.name
    if MASK in each.data_type.transformers:
        return f"{each.name}.{MASK}"
    return ""


def covered_keys(each: PropertySchema) -> list[str]:
    """All that a page may show of it: its transformations, and itself where it is clear."""
    names = [name for name in each.data_type.transformer_names if name != TOKEN]
    names.sort(key=lambda name: (name != MASK, name))
    keys = [f"{each.name}.{name}" for name in (*names, TOKEN)]
    return keys if each.is_encrypted else [each.name, *keys]


def masked_keys(schema: CollectionSchema) -> list[str]:
    """``masked_key`` of every property that has one, required ones first."""
    ordered = sorted(schema.properties.values(), key=lambda each: (each.is_nullable, each.name))
    return [key for each in ordered if (key := masked_key(each))]
