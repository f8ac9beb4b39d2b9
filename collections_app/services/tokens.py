"""Tokens back to values, and the care of tokens: metadata, update, rotate, delete, count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from collections_app import catalog, resources
from collections_app.errors import (
    bad_request,
    resource_missing,
    token_missing,
    token_refused,
    tokens_unknown,
)
from collections_app.events import DETOKENIZE_APPROVAL
from collections_app.models import Token, TransactionId
from collections_app.permissions import Capability
from collections_app.rows import tokens as rows
from collections_app.rows.tokens import StoredToken, TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import (
    approval,
    claims,
    guard,
    outgoing,
    ticketing,
    token_ids,
    tracing,
)
from collections_app.services import held_tokens as held
from collections_app.services.reading import parse_id
from collections_app.services.token_metadata import metadata
from vaultportal import trail
from vaultportal.crypto.models import ObjectKey
from vaultportal.errors import Stale
from vaultportal.identity.actor import Actor


def token_filter(ids: Sequence[str], object_ids: Sequence[str], tags: Sequence[str]) -> TokenFilter:
    """The filter of a request; PV1012 for an object id that is none."""
    return TokenFilter(tuple(ids), tuple(parse_id(text) for text in object_ids), tuple(tags))


def _bound(
    wanted: TokenFilter, props: Sequence[str], tenants: Sequence[str], param: str
) -> dict[str, Any]:
    """All that makes one detokenization different from another, for whoever allows it."""
    return {
        "tokens": sorted(wanted.token_ids),
        "objects": sorted(map(str, wanted.object_ids)),
        "tags": sorted(wanted.tags),
        "props": sorted(props),
        "tenants": sorted(tenants),
        "param": param,
    }


def detokenize(
    actor: Actor,
    collection: str,
    wanted: TokenFilter,
    *,
    props: Sequence[str] = (),
    tenants: tuple[str, ...] = (),
    with_metadata: bool = False,
    with_aggregate: bool = False,
    param: str = "",
) -> list[dict[str, Any]]:
    """The values behind each token id that matches; [] when none does.

    Values of pointers are the present ones, of the others those of the day they were made.

    Raises:
        Invalid: PV1012 without a filter, PV9009 for a one-way token.
        Pending, Forbidden: a gate stands before it (``approval``).
        Forbidden: no ticket where one is needed.

    Source: Piiano Vault, ``GET /data/collections/{collection}/tokens``.
    """
    guard.require(actor, Capability.TOKENS_DETOKENIZER, collection)
    require_filter(wanted)
    request = _bound(wanted, props, tenants, param)
    asked_about: set[str] | None = None

    def matching(schema: CollectionSchema) -> set[str]:
        found = held.select(actor, schema, wanted, tenants, archived=False)
        # Before anybody is asked: what they allow holds once, and would open nothing.
        ticketing.require(actor, schema, [c for t in found for c in _columns(schema, t, props)])
        return {str(each.id) for each in found}

    if DETOKENIZE_APPROVAL.id in actor.gated:
        # The decision is about these tokens, not about whatever has the tag by then.
        asked_about = catalog.run(collection, matching)
        approval.before_detokenize(actor, collection, request | {"rows": sorted(asked_about)})

    def work(schema: CollectionSchema) -> list[dict[str, Any]]:
        found = held.select(actor, schema, wanted, tenants, archived=False)
        if asked_about is not None and {str(each.id) for each in found} != asked_about:
            raise Stale("token")
        columns = {each.id: _columns(schema, each, props) for each in found}
        named = {
            name for each in columns.values() for name in outgoing.resources_of(schema, each)
        } or set(outgoing.resources_of(schema, outgoing.columns_of(schema, props)))
        guard.vote(actor, "detokenize", schema, named)
        guard.vote(actor, "read", schema, named, granted_by=Capability.TOKENS_DETOKENIZER)
        if any(each.type == Token.Type.PCI_ONEWAY for each in found):
            raise token_refused("A one-way token has no way back.")
        objects = held.pointed_at(schema, found)
        answer = []
        groups = held.grouped(found)
        opened = [
            (columns[group[0].id], held.open_token(schema, group[0], objects))
            for group in groups.values()
        ]
        trail.record(
            actor,
            "token.read",
            tracing.target_of(schema),
            count=len(groups),
            **tracing.listed(
                "properties", sorted({c.key for each in columns.values() for c in each})
            ),
            **tracing.listed("ids", groups),
        )
        shown = outgoing.show_each(actor, schema, opened, param)
        for (token_id, group), fields in zip(groups.items(), shown, strict=True):
            item: dict[str, Any] = {"token_id": token_id, "fields": fields}
            if with_metadata or with_aggregate:
                item["metadata"] = metadata(token_id, group, with_aggregate=with_aggregate)
            answer.append(item)
        return answer

    with trail.read_unit():
        return catalog.run(collection, work)


def search_tokens(
    actor: Actor,
    collection: str,
    wanted: TokenFilter,
    *,
    tenants: tuple[str, ...] = (),
    archived: bool = False,
    with_aggregate: bool = False,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """What is known of each token id that matches, without values; [] when none does.

    limit: so many rows, the oldest ones, of which several may stand behind one token id.

    Source: Piiano Vault, ``POST /data/collections/{collection}/query/tokens``.
    """
    guard.require(actor, Capability.TOKENS_READER, collection)
    require_filter(wanted)

    def work(schema: CollectionSchema) -> list[dict[str, Any]]:
        guard.vote(
            actor,
            "read",
            schema,
            [resources.of_tokens(schema, archived=archived)],
            granted_by=Capability.TOKENS_READER,
        )
        found = held.select(actor, schema, wanted, tenants, archived=archived, limit=limit)
        trail.record(actor, "token.search", tracing.target_of(schema), count=len(found))
        return [
            metadata(token_id, group, with_aggregate=with_aggregate)
            for token_id, group in held.grouped(found).items()
        ]

    with trail.read_unit():
        return catalog.run(collection, work)


@trail.unit()
def delete_tokens(
    actor: Actor,
    collection: str,
    wanted: TokenFilter,
    *,
    tenants: tuple[str, ...] = (),
    archived: bool = False,
) -> None:
    """Erase the tokens that match, with the keys of their values.

    Raises:
        NotFound: PV3009, nothing matched.

    Source: Piiano Vault, ``DELETE /data/collections/{collection}/tokens``.
    """
    guard.require(actor, Capability.TOKENS_WRITER, collection)
    require_filter(wanted)

    def work(schema: CollectionSchema) -> None:
        named = [resources.of_tokens(schema, archived=archived)]
        guard.vote(actor, "delete", schema, named, granted_by=Capability.TOKENS_WRITER)
        found = held.select(actor, schema, wanted, tenants, archived=archived, lock=True)
        if not found:
            raise token_missing()
        ObjectKey.objects.filter(pk__in=[each.key_id for each in found]).delete()
        Token.objects.filter(pk__in=[each.id for each in found]).delete()
        trail.record(
            actor,
            "token.delete",
            tracing.target_of(schema),
            count=len(found),
            **tracing.listed("ids", held.grouped(found)),
        )

    catalog.run(collection, work)


@trail.unit()
def rotate_tokens(
    actor: Actor, collection: str, ids: Sequence[str], *, tenants: tuple[str, ...] = ()
) -> dict[str, str]:
    """New ids for tokens; the old ones stand for nothing from now on.

    Returns: old id → new id.

    Raises:
        NotFound: PV3087 names the ids that are not there.

    Source: Piiano Vault, ``POST /data/collections/{collection}/rotate/tokens``.
    """
    guard.require(actor, Capability.TOKENS_WRITER, collection)
    if not ids:
        raise bad_request("token_ids", "is required")

    def work(schema: CollectionSchema) -> dict[str, str]:
        named = [resources.of_tokens(schema)]
        guard.vote(actor, "write", schema, named, granted_by=Capability.TOKENS_WRITER)
        found = held.select(
            actor, schema, TokenFilter(token_ids=tuple(ids)), tenants, archived=False, lock=True
        )
        groups = held.grouped(found)
        missing = [each for each in dict.fromkeys(ids) if each not in groups]
        if missing:
            raise tokens_unknown(missing)
        renamed = {old: token_ids.random() for old in groups}
        changed = [
            Token(pk=each.id, token_id=renamed[each.token_id], modified_at=timezone.now())
            for each in found
        ]
        Token.objects.bulk_update(changed, ["token_id", "modified_at"])
        trail.record(
            actor,
            "token.rotate",
            tracing.target_of(schema),
            count=len(renamed),
            **tracing.listed("ids", renamed),
        )
        return renamed

    return catalog.run(collection, work)


def count_tokens(actor: Actor, collection: str) -> dict[str, int]:
    """How many tokens there are: active, archived and both.

    Source: Piiano Vault, ``GET /data/collections/{collection}/count/tokens``.
    """
    guard.require(actor, Capability.DATA_READER, collection)
    claims.refuse_restricted(actor)

    def work(schema: CollectionSchema) -> dict[str, int]:
        guard.vote(actor, "stats", schema, [resources.of_tokens(schema)])
        active, archived = rows.count(schema)
        trail.record(actor, "token.count", tracing.target_of(schema))
        return {"active": active, "archived": archived, "total": active + archived}

    with trail.read_unit():
        return catalog.run(collection, work)


def get_transaction(actor: Actor, collection: str, name: str) -> list[str]:
    """The token ids that a transaction id stands for; PV1004 when it is not known.

    Source: Piiano Vault, ``GET /data/collections/{collection}/transaction_id/{id}``.
    """
    guard.require(actor, Capability.TRANSACTION_ID_READER, collection)
    claims.refuse_restricted(actor)

    def work(schema: CollectionSchema) -> list[str]:
        named = TransactionId.objects.filter(collection_id=schema.id, name=name)
        row = None if "\0" in name else named.first()
        if row is None:
            raise resource_missing("transaction id")
        trail.record(actor, "token.transaction", tracing.target_of(schema))
        return list(row.ref_ids)

    with trail.read_unit():
        return catalog.run(collection, work)


def require_filter(wanted: TokenFilter) -> None:
    """PV1012 for a filter that would match everything."""
    if wanted.is_empty:
        raise bad_request("token_ids", "or object_ids or tags is required")


def _columns(
    schema: CollectionSchema, each: StoredToken, props: Sequence[str]
) -> list[outgoing.Column]:
    own = [found.name for found in held.properties_of(schema, each)]
    if not props:
        return outgoing.columns_of(schema, own)
    return [column for column in outgoing.columns_of(schema, props) if column.property.name in own]
