"""Keyed digests by which tokens are found again from their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from collections_app import codec
from collections_app.models import Token
from collections_app.rows.statements import fetch
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from vaultportal.crypto import blind_index, message

DEFAULT_SCOPE = "default"


def digest(
    schema: CollectionSchema, kind: str, scope: str, values: Iterable[tuple[PropertySchema, Any]]
) -> bytes:
    """16 bytes for these values of these properties, of tokens of one kind in one scope."""
    parts = [scope.encode()]
    for each, value in sorted(values, key=lambda pair: pair[0].id or 0):
        parts += [str(each.id or each.name).encode(), codec.to_bytes(each.data_type, value)]
    return blind_index.digest(schema.scope, f"token {kind}", message.encode(parts))


def of_value(schema: CollectionSchema, each: PropertySchema, value: Any) -> bytes:
    """The digest of the ``pci`` token of one value in the default scope."""
    return digest(schema, Token.Type.PCI, DEFAULT_SCOPE, [(each, value)])


def find_token_ids(
    schema: CollectionSchema, values: Sequence[tuple[PropertySchema, Any]]
) -> Mapping[bytes, str]:
    """Token ids by ``of_value``, for those values that have one: one statement."""
    wanted = {of_value(schema, each, value) for each, value in values if value is not None}
    if not wanted:
        return {}
    rows = fetch(
        """
        SELECT DISTINCT lookup, token_id FROM collections_app_token
        WHERE collection_id = %s AND lookup = ANY(%s::bytea[])
            AND (expires_at IS NULL OR expires_at > now())
        """,
        [schema.id, list(wanted)],
    )
    return {bytes(row[0]): row[1] for row in rows}
