"""How properties stand on pages: masked where they are encrypted, never bare by default."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from vaultportal.ui.fields import FieldRow

MASK = "mask"
MOST_COLUMNS = 6


def key_of(each: PropertySchema) -> str:
    """What to ask for so that a page may show it: the mask of an encrypted property."""
    if not each.is_encrypted:
        return each.name
    if MASK in each.data_type.transformers:
        return f"{each.name}.{MASK}"
    return ""


def shown(schema: CollectionSchema) -> list[PropertySchema]:
    """The properties that a page can show something of, required ones first."""
    able = [each for each in schema.properties.values() if key_of(each)]
    return sorted(able, key=lambda each: (each.is_nullable, each.name))


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object in the browser. cells: a text a column, "" for no value."""

    id: str
    cells: Sequence[str]

    @property
    def short(self) -> str:
        """The id as people tell rows apart."""
        return f"{self.id[:4]}…{self.id[-4:]}"


def rows_of(results: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[ObjectRow]:
    """Results of a listing that asked for ``id`` and ``keys``."""
    return [ObjectRow(str(row["id"]), [as_text(row.get(key)) for key in keys]) for row in results]


def fields_of(schema: CollectionSchema, values: Mapping[str, Any]) -> list[FieldRow]:
    """One object's properties as fields: clear ones as they are, the others masked."""
    rows = []
    for each in sorted(schema.properties.values(), key=lambda each: (each.is_nullable, each.name)):
        key = key_of(each)
        value = values.get(key) if key else None
        is_absent = bool(key) and value is None
        rows.append(
            FieldRow(
                key=each.name,
                name=each.name,
                hint=each.data_type.name,
                mask="—" if is_absent else as_text(value),
                is_plain=is_absent or not each.is_encrypted,
            )
        )
    return rows


def as_text(value: Any) -> str:
    """A value of the wire as a page shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
