"""Stored objects → what the caller may see: chosen properties, raw or transformed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from collections_app import codec, resources
from collections_app.errors import bad_request, erased, property_missing
from collections_app.rows.read import StoredObject
from collections_app.schema.compiled import BUILTIN_PROPERTIES, CollectionSchema, PropertySchema
from collections_app.schema.datatypes import TOKEN
from collections_app.schema.timestamps import wire_time
from collections_app.services import export, lookups, ticketing, transforming
from collections_app.services.options import ReadOptions
from vaultportal.crypto import keyring
from vaultportal.crypto.message import OpenKey
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Column:
    """One key of the answer: a property, and the transformation that follows the dot."""

    key: str
    property: PropertySchema
    transformer: str = ""

    def show(self, value: Any) -> Any:
        """A normalized value as this column shows it; null stays null."""
        if not self.transformer or value is None:
            return value
        return self.property.data_type.transformers[self.transformer](value)


def columns_of(schema: CollectionSchema, names: Sequence[str]) -> list[Column]:
    """``property`` or ``property.transformer`` for each name; PV3004 for one that is not there."""
    found: dict[str, Column] = {}
    for name in names:
        base, _, transformer = name.partition(".")
        each = schema.find(base)
        if each is None:
            raise property_missing(base)
        if "." in name and transformer not in each.data_type.transformer_names:
            raise property_missing(name)
        if not transformer:
            transformer = each.data_type.default_transformer
        found[name] = Column(name, each, transformer)
    return list(found.values())


def chosen_columns(schema: CollectionSchema, options: ReadOptions) -> list[Column]:
    """What the options ask for: named properties, or all of them with ``unsafe``.

    Raises:
        Invalid: neither or both were asked for, or built-ins without ``unsafe``.
    """
    if options.unsafe and options.props:
        raise bad_request("options", "must not hold unsafe beside props")
    if options.show_builtins and not options.unsafe:
        raise bad_request("options", "must hold unsafe for show_builtins")
    if options.props:
        return columns_of(schema, options.props)
    if not options.unsafe:
        raise bad_request("props", "is required, unless options holds unsafe")
    names = ["id", *schema.properties]
    if options.show_builtins:
        names = list(dict.fromkeys([*names, *BUILTIN_PROPERTIES]))
    return columns_of(schema, names)


def resources_of(
    schema: CollectionSchema, columns: Sequence[Column], *, archived: bool = False
) -> list[frozenset[str]]:
    """What the policies are asked about; ``id`` apart, which is no data."""
    return [
        resources.of_property(schema, each.property, each.transformer, archived=archived)
        for each in columns
        if each.property.name != "id"
    ]


def render(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[Column],
    objects: Sequence[StoredObject],
    *,
    export_key: OpenKey | None = None,
    param: str = "",
) -> list[dict[str, Any]]:
    """Each object as the flat map that goes out; only the cells that are asked for are opened.

    export_key: seals raw values of the collection's own properties for another vault.
    param: what X-Trans-Param hands to custom transformations.
    """
    needed = {each.property.name: each.property for each in columns}
    needed |= transforming.needed_by(schema, columns)
    opened = open_many(schema, objects, needed)
    return show_values(actor, schema, columns, opened, export_key=export_key, param=param)


def show_values(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[Column],
    opened: Sequence[Mapping[str, Any]],
    *,
    export_key: OpenKey | None = None,
    param: str = "",
) -> list[dict[str, Any]]:
    """Normalized values by property → the columns; ``token`` costs one statement for all rows.

    A custom transformation costs one call of the runtime for all rows.

    Raises:
        Forbidden: a person looks without the ticket that the collection needs (``ticketing``).
    """
    ticketing.require(actor, schema, columns)
    coded = transforming.shown(actor, schema, columns, opened, param)
    token_ids: Mapping[bytes, str] = {}
    if any(each.transformer == TOKEN for each in columns):
        token_ids = lookups.find_token_ids(
            schema,
            [
                (each.property, row.get(each.property.name))
                for row in opened
                for each in columns
                if each.transformer == TOKEN
            ],
        )
    shown = []
    for place, row in enumerate(opened):
        out: dict[str, Any] = {}
        for column in columns:
            each, value = column.property, row.get(column.property.name)
            if value is None:
                out[column.key] = None
            elif column.key in coded:
                out[column.key] = coded[column.key][place]
            elif column.transformer == TOKEN:
                out[column.key] = token_ids.get(lookups.of_value(schema, each, value))
            elif export_key is not None and not column.transformer and not each.is_builtin:
                out[column.key] = export.seal(export_key, each, value)
            else:
                out[column.key] = column.show(value)
        shown.append(out)
    return shown


def show_each(
    actor: Actor,
    schema: CollectionSchema,
    rows: Sequence[tuple[Sequence[Column], Mapping[str, Any]]],
    param: str = "",
) -> list[dict[str, Any]]:
    """``show_values`` for rows with columns of their own; like rows go together."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, (columns, _) in enumerate(rows):
        alike.setdefault(tuple(each.key for each in columns), []).append(place)
    shown: dict[int, dict[str, Any]] = {}
    for places in alike.values():
        columns = rows[places[0]][0]
        values = [rows[place][1] for place in places]
        made = show_values(actor, schema, columns, values, param=param)
        shown |= zip(places, made, strict=True)
    return [shown[place] for place in range(len(rows))]


def open_values(
    schema: CollectionSchema, stored: StoredObject, needed: Mapping[str, PropertySchema]
) -> dict[str, Any]:
    """``open_many`` of one."""
    return open_many(schema, [stored], needed)[0]


def open_many(
    schema: CollectionSchema,
    objects: Sequence[StoredObject],
    needed: Mapping[str, PropertySchema],
) -> list[dict[str, Any]]:
    """Normalized values by name, None where there is none, of each object in its place.

    The object keys are opened together, and only where a sealed value is wanted.

    Raises:
        Gone: PV1033, an object's key was erased: nothing opens it any more.
        Tampered: a cell was altered or moved.
    """
    sealed = [each for each in needed.values() if each.is_encrypted and not each.is_builtin]
    keys = open_keys(schema, objects) if sealed else {}
    found = []
    for stored in objects:
        cells = codec.unpack(stored.cells) if sealed else {}
        found.append(
            {name: _open_value(schema, stored, each, keys, cells) for name, each in needed.items()}
        )
    return found


def open_keys(schema: CollectionSchema, objects: Sequence[StoredObject]) -> dict[UUID, OpenKey]:
    """The keys of objects by ``key_id``: no statement, they came along with the rows."""
    if not all(stored.wrapped for stored in objects):
        raise erased()
    return {
        stored.key_id: keyring.open_object_key(
            schema.scope, stored.key_id, stored.key_version, stored.wrapped
        )
        for stored in objects
    }


def _open_value(
    schema: CollectionSchema,
    stored: StoredObject,
    each: PropertySchema,
    keys: Mapping[UUID, OpenKey],
    cells: Mapping[int, bytes],
) -> Any:
    if each.is_builtin:
        return builtin_value(stored, each.name)
    if each.is_encrypted and (sealed := cells.get(each.id)) is not None:
        return codec.open_cell(keys[stored.key_id], schema, each, stored.key_id, sealed)
    if each.is_encrypted and not each.is_sealing:
        return None
    return stored.clear.get(str(each.id))


def builtin_value(stored: StoredObject, name: str) -> str | None:
    """A built-in property as the wire shows it."""
    found = {
        "id": stored.object_id,
        "_owner_id": stored.owner_id,
        "_owner_collection": stored.owner_collection,
        "_tenant_id": stored.tenant_id,
        "_creation_time": stored.created_at,
        "_modification_time": stored.modified_at,
        "_expiration_time": stored.ends_at,
    }[name]
    if found is None:
        return None
    if name.endswith("_time"):
        return wire_time(found)  # type: ignore[arg-type]  # these three are times
    return str(found)
