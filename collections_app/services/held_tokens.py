"""Tokens as they lie in the table: found, put to the rules of tenants and claims, and opened."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Q

from collections_app import codec
from collections_app.errors import erased, tag_taken
from collections_app.models import Token
from collections_app.rows import read
from collections_app.rows import tokens as rows
from collections_app.rows.read import Condition, StoredObject
from collections_app.rows.tokens import StoredToken, TokenFilter
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import claims, guard, outgoing
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor


def require_free(
    schema: CollectionSchema,
    tags: Sequence[str],
    tenants: Collection[str | None],
    token_ids: Collection[str],
) -> None:
    """PV9011 when a token of one of ``tenants`` beside ``token_ids`` has one of ``tags``."""
    of_tenants = Q(tenant_id__in=[each for each in tenants if each is not None])
    if None in tenants:
        of_tenants |= Q(tenant_id=None)
    same = Token.objects.filter(of_tenants, collection_id=schema.id, tags__overlap=tags)
    if same.exclude(token_id__in=token_ids).exists():
        raise tag_taken()


def select(
    actor: Actor,
    schema: CollectionSchema,
    wanted: TokenFilter,
    tenants: tuple[str, ...],
    *,
    archived: bool,
    lock: bool = False,
    limit: int | None = None,
) -> list[StoredToken]:
    """The tokens that match; PV9007 when one of them belongs to none of ``tenants``.

    PV1006 when one of them stands for something that the actor may not touch.
    """
    life = rows.ARCHIVED if archived else rows.ACTIVE
    found = rows.select(schema, [*wanted.conditions(), life], lock=lock, limit=limit)
    guard.check_tenants(tenants, (each.tenant for each in found))
    _require_claims(actor, schema, found)
    return found


def _require_claims(actor: Actor, schema: CollectionSchema, found: Sequence[StoredToken]) -> None:
    """An object answers for the tokens made of it, other tokens for themselves."""
    if not claims.of(actor):
        return
    claims.require_stored(actor, schema, list(_at(schema, [each.seq for each in found]).values()))
    for each in found:
        if each.seq is not None:
            continue
        has_values = each.type != Token.Type.PCI_ONEWAY
        values = open_token(schema, each, {}) if has_values else {}
        claims.require_values(actor, schema, [values | {claims.TENANT: each.tenant}])


def grouped(found: Sequence[StoredToken]) -> dict[str, list[StoredToken]]:
    """The rows of each token id, in the order of their making."""
    groups: dict[str, list[StoredToken]] = {}
    for each in found:
        groups.setdefault(each.token_id, []).append(each)
    return groups


def properties_of(schema: CollectionSchema, each: StoredToken) -> list[PropertySchema]:
    """The properties of a token that the collection still has."""
    return [schema.by_id[number] for number in each.props if number in schema.by_id]


def pointed_at(schema: CollectionSchema, found: Sequence[StoredToken]) -> dict[int, StoredObject]:
    """The objects that pointers point at: one statement."""
    return _at(schema, [each.seq for each in found if each.type == Token.Type.POINTER])


def _at(schema: CollectionSchema, numbers: Sequence[int | None]) -> dict[int, StoredObject]:
    seqs = [number for number in numbers if number is not None]
    if not seqs:
        return {}
    pointed = Condition("object.seq = ANY(%(seqs)s::bigint[])", {"seqs": seqs})
    return {each.seq: each for each in read.select(schema, [pointed])}


def open_token(
    schema: CollectionSchema, each: StoredToken, objects: Mapping[int, StoredObject]
) -> dict[str, Any]:
    """Normalized values by name."""
    needed = properties_of(schema, each)
    if each.type == Token.Type.POINTER:
        by_name = {found.name: found for found in needed}
        return outgoing.open_values(schema, objects[each.seq or 0], by_name)
    if not each.wrapped:
        raise erased()
    key = keyring.open_object_key(schema.scope, each.key_id, each.key_version, each.wrapped)
    cells = codec.unpack(each.cells)
    return {
        found.name: codec.open_cell(
            key, schema, found, each.key_id, cells[found.id], purpose="token"
        )
        for found in needed
        if found.id in cells
    }
