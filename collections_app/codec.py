"""Values ⇄ sealed cells: one envelope per value, packed side by side in the object's row.

A cell is sealed under the object's own key, and bound to collection, object and property: moved
elsewhere it does not open. What finds it again is a keyed digest, never the value.
"""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.datatypes import DataType
from vaultportal.crypto import blind_index, envelope
from vaultportal.crypto.envelope import Context
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.keyring import OpenKey

_HEADER = struct.Struct(">II")  # number of the property, length of its sealed value
_MODEL = "collections_app.Object"
_AS_JSON = frozenset({"JSON", "INTEGER", "BOOLEAN", "DOUBLE"})
LONGEST_CLEAR_KEY = 200  # bytes; a b-tree takes entries up to 2704


def to_bytes(data_type: DataType, value: Any) -> bytes:
    """A normalized value as bytes."""
    kind = data_type.base or data_type.name
    if kind == "BLOB":
        return b64decode(value)
    if kind in _AS_JSON:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return bytes(value, "utf-8")


def from_bytes(data_type: DataType, raw: bytes) -> Any:
    """The normalized value that ``to_bytes`` was given."""
    kind = data_type.base or data_type.name
    if kind == "BLOB":
        return b64encode(raw).decode()
    if kind in _AS_JSON:
        return orjson.loads(raw)
    return raw.decode()


def context_of(
    schema: CollectionSchema, each: PropertySchema, key_id: UUID, purpose: str = "value"
) -> Context:
    """What a sealed value is bound to."""
    return Context(
        purpose=f"collections.{purpose}",
        model=_MODEL,
        property_id=str(each.id),
        scope=schema.scope,
        object_id=str(key_id),
        value_type=each.data_type.base or each.data_type.name,
    )


def seal_cells(
    key: OpenKey,
    schema: CollectionSchema,
    key_id: UUID,
    values: Iterable[tuple[PropertySchema, Any]],
    *,
    purpose: str = "value",
) -> dict[int, bytes]:
    """Sealed values by property number."""
    return {
        each.id: envelope.seal(
            key, to_bytes(each.data_type, value), context_of(schema, each, key_id, purpose)
        )
        for each, value in values
    }


def open_cell(
    key: OpenKey,
    schema: CollectionSchema,
    each: PropertySchema,
    key_id: UUID,
    sealed: bytes,
    *,
    purpose: str = "value",
) -> Any:
    """The normalized value in one cell; Tampered when it was not sealed for exactly this place."""
    raw = envelope.unseal(key, sealed, context_of(schema, each, key_id, purpose))
    return from_bytes(each.data_type, raw)


def pack(cells: Mapping[int, bytes]) -> bytes:
    """Cells side by side, in the order of their numbers."""
    parts: list[bytes] = []
    for number in sorted(cells):
        sealed = cells[number]
        parts += (_HEADER.pack(number, len(sealed)), sealed)
    return b"".join(parts)


def unpack(packed: bytes) -> dict[int, bytes]:
    """The cells in a packed row; Tampered when the frame itself is broken."""
    cells: dict[int, bytes] = {}
    place, end = 0, len(packed)
    while place < end:
        if end - place < _HEADER.size:
            raise Tampered
        number, length = _HEADER.unpack_from(packed, place)
        place += _HEADER.size
        if end - place < length:
            raise Tampered
        cells[number] = packed[place : place + length]
        place += length
    return cells


def index_keys(schema: CollectionSchema, each: PropertySchema, value: Any) -> list[bytes]:
    """Every key under which the index may have the value: one for each live index key version."""
    if not each.is_encrypted:
        return [index_key(schema, each, value)]
    raw = to_bytes(each.data_type, value)
    live: list[int | None] = [*blind_index.index_versions(schema.scope)] or [None]
    return [
        blind_index.digest(schema.scope, str(each.id), raw, version=version) for version in live
    ]


def index_key(schema: CollectionSchema, each: PropertySchema, value: Any) -> bytes:
    """What the index holds for a normalized value: a keyed digest, or a clear property's value."""
    raw = to_bytes(each.data_type, value)
    if each.is_encrypted:
        return blind_index.digest(schema.scope, str(each.id), raw)
    if len(raw) <= LONGEST_CLEAR_KEY:
        return raw
    return raw[: LONGEST_CLEAR_KEY - 16] + sha256(raw).digest()[:16]
