"""How properties stand on pages: masked where they are encrypted, never bare by default."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.selectors.masking import covered_keys, masked_key, masked_keys
from vaultportal.ui.fields import FieldRow

MOST_COLUMNS = 6
MOST_CHOSEN = 12
CHANGED = "_modification_time"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the browser. key: ``property`` or ``property.transformation``.

    is_masked: there is more behind it, which may be uncovered.
    """

    key: str = field(repr=False)
    name: str
    is_masked: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the columns to choose from."""

    key: str = field(repr=False)
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """value: the bare one, while it is uncovered; text: what stands there otherwise."""

    text: str = field(repr=False)
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """One object in the browser. cells: one a column, "" for no value.

    changed: None where it was not asked for.
    """

    id: str
    cells: Sequence[Cell]
    changed: datetime | None = None

    @property
    def short(self) -> str:
        """The id as people tell rows apart."""
        return short_id(self.id)


def short_id(text: str) -> str:
    """The beginning and the end of an id."""
    return f"{text[:4]}…{text[-4:]}"


def chosen(
    schema: CollectionSchema, wanted: Sequence[str], may_read: Callable[[str], bool]
) -> list[Column]:
    """The columns of ``wanted`` that a page may show; without one, each mask that may be read.

    Where none may be read it is all of them: the refusal is the service's.
    """
    able = {key: each for each in schema.properties.values() for key in covered_keys(each)}
    keys = [key for key in dict.fromkeys(wanted) if key in able][:MOST_CHOSEN]
    if not keys:
        masks = masked_keys(schema)
        keys = ([key for key in masks if may_read(key)] or masks)[:MOST_COLUMNS]
    return [Column(key, able[key].name, able[key].is_encrypted) for key in keys]


def choices(
    schema: CollectionSchema, columns: Sequence[Column], may_read: Callable[[str], bool]
) -> list[Choice]:
    """All that is a column or could be one, by property."""
    taken = {column.key for column in columns}
    ordered = sorted(schema.properties.values(), key=lambda each: each.name)
    keys = (key for each in ordered for key in covered_keys(each))
    return [Choice(key, key in taken) for key in keys if key in taken or may_read(key)]


def rows_of(
    results: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    opened: Mapping[str, Any] | None = None,
    opened_name: str = "",
) -> list[ObjectRow]:
    """Results of a listing that asked for ``id`` and the columns.

    opened: bare values of the property ``opened_name`` by object id.
    """

    def cell(row: Mapping[str, Any], column: Column) -> Cell:
        text = as_text(row.get(column.key))
        if opened is None or column.name != opened_name:
            return Cell(text)
        return Cell(text, as_text(opened.get(str(row["id"]))))

    return [
        ObjectRow(
            str(row["id"]), [cell(row, each) for each in columns], moment_of(row.get(CHANGED))
        )
        for row in results
    ]


def fields_of(schema: CollectionSchema, values: Mapping[str, Any]) -> list[FieldRow]:
    """One object's properties as fields: clear ones as they are, the others masked.

    values: by masked key; dots stand for what is not among them.
    """
    rows = []
    for each in sorted(schema.properties.values(), key=lambda each: (each.is_nullable, each.name)):
        key = masked_key(each)
        value = values.get(key) if key else None
        is_absent = key in values and value is None
        rows.append(
            FieldRow(
                key=each.name,
                name=each.name,
                hint=hint_of(each),
                mask="—" if is_absent else as_text(value),
                is_plain=is_absent or (not each.is_encrypted and key in values),
            )
        )
    return rows


def hint_of(each: PropertySchema) -> str:
    """Type and description in one line."""
    return " · ".join(filter(None, (each.data_type.name, each.description)))


def as_text(value: Any) -> str:
    """A value of the wire as a page shows it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def moment_of(text: str | None) -> datetime | None:
    """A time of the wire."""
    return None if text is None else datetime.fromisoformat(text)
