"""Reading tokens, with the object and the key behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from collections_app.catalog import SchemaMoved
from collections_app.rows.read import Condition
from collections_app.rows.statements import fetch
from collections_app.schema.compiled import CollectionSchema

ACTIVE = Condition(
    "(token.expires_at IS NULL OR token.expires_at > now())"
    " AND (object.seq IS NULL OR object.ends_at IS NULL OR object.ends_at > now())"
)
ARCHIVED = Condition(f"NOT ({ACTIVE.sql})")


@dataclass(frozen=True, slots=True)
class StoredToken:
    """One row: what one object, or bare values, contributed to a token id."""

    id: int
    token_id: str
    type: str
    scope: str
    tenant_id: str | None
    key_id: UUID
    props: Sequence[int]
    cells: bytes = field(repr=False)
    tags: Sequence[str]
    template: Mapping[str, Any] | None
    created_at: datetime
    modified_at: datetime
    expires_at: datetime | None
    lookup: bytes | None
    seq: int | None
    object_id: UUID | None
    object_ends_at: datetime | None
    object_tenant: str | None
    key_version: int
    wrapped: bytes = field(repr=False)

    @property
    def ends_at(self) -> datetime | None:
        """The earlier of its own end and its object's."""
        ends = [end for end in (self.expires_at, self.object_ends_at) if end is not None]
        return min(ends) if ends else None

    @property
    def tenant(self) -> str | None:
        """Whose it is: its object's tenant, or the one that came with bare values."""
        return self.object_tenant if self.seq is not None else self.tenant_id


@dataclass(frozen=True, slots=True)
class TokenFilter:
    """All that are given must match: one of the ids, one of the objects, one of the tags."""

    token_ids: Sequence[str] = ()
    object_ids: Sequence[UUID] = ()
    tags: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it matches everything."""
        return not (self.token_ids or self.object_ids or self.tags)

    def conditions(self) -> list[Condition]:
        """As conditions on ``token`` and ``object``."""
        found = []
        if self.token_ids:
            found.append(
                Condition("token.token_id = ANY(%(token_ids)s::text[])",
                          {"token_ids": list(self.token_ids)})
            )  # fmt: skip
        if self.object_ids:
            found.append(
                Condition("object.object_id = ANY(%(object_ids)s::uuid[])",
                          {"object_ids": list(self.object_ids)})
            )  # fmt: skip
        if self.tags:
            found.append(Condition("token.tags && %(tags)s::text[]", {"tags": list(self.tags)}))
        return found


def select(
    schema: CollectionSchema,
    conditions: Sequence[Condition],
    *,
    after: int = 0,
    limit: int | None = None,
    lock: bool = False,
) -> list[StoredToken]:
    """Tokens that meet all ``conditions``, in the order they were made."""
    params: dict[str, Any] = {"collection": schema.id, "after": after}
    parts = ["token.collection_id = %(collection)s", "token.id > %(after)s"]
    for condition in conditions:
        parts.append(condition.sql)
        params |= condition.params
    cut = f"LIMIT {limit:d}" if limit is not None else ""
    locked = "FOR UPDATE OF token" if lock else ""
    rows = fetch(
        f"""
        SELECT epoch.value, page.* FROM collections_app_schemaepoch epoch LEFT JOIN (
            SELECT token.id, token.token_id, token.type, token.scope, token.tenant_id,
                token.key_id, token.props, token.cells, token.tags, token.template,
                token.created_at, token.modified_at, token.expires_at, token.lookup,
                object.seq, object.object_id, object.ends_at, object.tenant_id AS object_tenant,
                key.data_key_version, key.wrapped
            FROM collections_app_token token
            LEFT JOIN collections_app_object object ON object.seq = token.object_id
            LEFT JOIN crypto_object_key key ON key.object_id = token.key_id
            WHERE {" AND ".join(parts)} ORDER BY token.id {cut} {locked}
        ) page ON true ORDER BY page.id
        """,  # noqa: S608 the parts are constants
        params,
    )
    if rows[0][0] != schema.epoch:
        raise SchemaMoved
    return [
        StoredToken(*(*row[1:19], row[19] or 0, row[20] or b""))
        for row in rows
        if row[1] is not None
    ]


def count(schema: CollectionSchema) -> tuple[int, int]:
    """How many rows are active and archived."""
    row = fetch(
        f"""
        SELECT (SELECT value FROM collections_app_schemaepoch),
            count(*) FILTER (WHERE {ACTIVE.sql}), count(*) FILTER (WHERE {ARCHIVED.sql})
        FROM collections_app_token token
        LEFT JOIN collections_app_object object ON object.seq = token.object_id
        WHERE token.collection_id = %(collection)s
        """,  # noqa: S608 the parts are constants
        {"collection": schema.id},
    )[0]
    if row[0] != schema.epoch:
        raise SchemaMoved
    return int(row[1]), int(row[2])
