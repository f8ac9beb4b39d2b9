"""Tokens from one vault to another: their values travel under the export key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from collections_app import catalog, resources
from collections_app.errors import bad_request, bad_size, exists, unresolved
from collections_app.models import Token
from collections_app.permissions import Capability
from collections_app.rows import read
from collections_app.rows import tokens as rows
from collections_app.rows.read import Condition
from collections_app.rows.tokens import StoredToken
from collections_app.schema.checks import BadValue
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.timestamps import parse_time, timestamp, wire_time
from collections_app.services import (
    claims,
    cursors,
    export,
    guard,
    held_tokens,
    incoming,
    lookups,
    sources,
    token_ids,
    tracing,
)
from collections_app.services.bulk import Bulk
from collections_app.services.custom_values import checked_by_code
from collections_app.services.options import WriteOptions
from collections_app.services.reading import Page, check_size, parse_id
from collections_app.services.tokenizing import seal_values
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7

IMPORTABLE = frozenset({Token.Type.PCI, Token.Type.POINTER, Token.Type.RANDOMIZED})


def export_tokens(
    actor: Actor,
    collection: str,
    *,
    types: Sequence[str] = (),
    page_size: int | None = None,
    cursor: str = "",
) -> Page:
    """A page of tokens with their values under the export key; one-way tokens have none to give.

    Source: Piiano Vault, ``GET /data/collections/{collection}/export/tokens``.
    """
    guard.require(actor, Capability.TOKENS_EXPORTER, collection)
    claims.refuse_restricted(actor)
    size = check_size(page_size)
    if unknown := set(types) - set(Token.Type.values):
        raise bad_request("token_types", f"holds {len(unknown)} types that are not known")
    key = export.current_key()

    def work(schema: CollectionSchema) -> Page:
        named = resources.of_properties(schema, schema.properties.values())
        guard.vote(actor, "detokenize", schema, named, granted_by=Capability.TOKENS_EXPORTER)
        kept = [kind for kind in (types or Token.Type.values) if kind != Token.Type.PCI_ONEWAY]
        described = ("export", str(schema.id), sorted(kept))
        of_types = Condition("token.type = ANY(%(types)s::text[])", {"types": kept})
        found = rows.select(
            schema,
            [rows.ACTIVE, of_types],
            after=cursors.open_(cursor, described),
            limit=size + 1,
        )
        shown, more = found[:size], len(found) > size
        trail.record(
            actor,
            "token.export",
            tracing.target_of(schema),
            count=len(shown),
            **tracing.listed("ids", (each.token_id for each in shown)),
        )
        results = [_as_data(schema, each, key) for each in shown]
        return Page(results, int(more), cursors.seal(shown[-1].id, described) if more else "")

    with trail.read_unit():
        return catalog.run(collection, work)


def _as_data(schema: CollectionSchema, each: StoredToken, key: keyring.OpenKey) -> dict[str, Any]:
    own = held_tokens.properties_of(schema, each)
    answer: dict[str, Any] = {
        "token_id": each.token_id,
        "token_type": each.type,
        "props": [found.name for found in own],
        "scope": each.scope,
        "tags": list(each.tags),
        "expiration": {"expiration_time": wire_time(each.expires_at)} if each.expires_at else {},
        "created_at": wire_time(each.created_at),
        "modified_at": wire_time(each.modified_at),
    }
    if each.object_id is not None:
        answer["object_id"] = str(each.object_id)
    if each.type != Token.Type.POINTER:
        values = held_tokens.open_token(schema, each, {})
        answer["fields"] = {
            name: export.seal(key, schema.properties[name], value) for name, value in values.items()
        }
    return answer


@checked_by_code(Capability.TOKENS_IMPORTER)
def import_tokens(actor: Actor, collection: str, bodies: Sequence[Any], *, export_key: str) -> Bulk:
    """Take tokens over with their ids, all of them or none.

    Not for one-way and deterministic ones, which only their own vault can make.

    Source: Piiano Vault, ``POST /data/collections/{collection}/import/tokens``.
    """
    guard.require(actor, Capability.TOKENS_IMPORTER, collection)
    claims.refuse_restricted(actor)
    if len(bodies) > settings.PVAULT_SERVICE_MAX_PAGE_SIZE:
        raise bad_size("body", settings.PVAULT_SERVICE_MAX_PAGE_SIZE)
    outcome = Bulk(len(bodies))

    def work(schema: CollectionSchema) -> None:
        named = [resources.of_tokens(schema)]
        guard.vote(actor, "write", schema, named, granted_by=Capability.TOKENS_IMPORTER)
        options = WriteOptions(is_import=True, export_key=export_key)
        for place, body in enumerate(bodies):
            outcome.collect(place, partial(_take, schema, body, options))
        outcome.stop_if_failed()
        trail.record(actor, "token.import", tracing.target_of(schema), count=len(bodies))

    with outcome.undone_on_failure(), trail.unit():
        catalog.run(collection, work)
    return outcome


def _take(schema: CollectionSchema, body: Any, options: WriteOptions) -> None:
    if not isinstance(body, dict):
        raise bad_request("body", "must hold JSON objects")
    token_id, kind = token_ids.callers(body), body.get("token_type")
    if not token_id:
        raise bad_request("token_id", "is required")
    if kind not in IMPORTABLE:
        raise bad_request("token_type", f"must be one of {', '.join(sorted(IMPORTABLE))}")
    values = _values(schema, body, options)
    props = [sources.find(schema, name).id for name in sources.texts(body, "props")]
    seq = _seq(schema, body)
    if kind == Token.Type.POINTER and seq is None:
        raise bad_request("object_id", "is required for a pointer")
    scope = sources.scope_of(body)
    pairs = [(schema.properties[name], value) for name, value in values.items()]
    lookup = lookups.digest(schema, kind, scope, pairs) if kind == Token.Type.PCI else None
    same = Token.objects.filter(collection_id=schema.id, token_id=token_id).filter(
        Q(object_id=seq) if seq is not None else Q(object_id__isnull=True)
    )
    if same.exists() or (lookup and Token.objects.filter(
        collection_id=schema.id, lookup=lookup).exclude(token_id=token_id).exists()
    ):  # fmt: skip
        raise exists("token", token_id)
    key_id, cells = uuid7(), b""
    if kind != Token.Type.POINTER:
        row, key = keyring.new_object_key(schema.scope, key_id)
        row.save(force_insert=True)
        cells = seal_values(schema, key, key_id, values)
    Token.objects.create(
        collection_id=schema.id,
        token_id=token_id,
        type=kind,
        scope=scope,
        object_id=seq,
        key_id=key_id,
        props=sorted(set(props) | {each.id for each, _ in pairs}),
        lookup=lookup,
        cells=cells,
        tags=sources.tags_of(body, settings.PVAULT_DB_MAX_TOKEN_TAGS),
        created_at=_time(body.get("created_at")) or timezone.now(),
        modified_at=_time(body.get("modified_at")) or timezone.now(),
        expires_at=_time((body.get("expiration") or {}).get("expiration_time")),
    )


def _values(schema: CollectionSchema, body: Mapping[str, Any], options: WriteOptions) -> Any:
    fields = body.get("fields") or {}
    incoming.given_properties(schema, [fields])
    unseal = export.opener(schema, options)
    return incoming.check_values(schema, fields, options=options, unseal=unseal).values


def _seq(schema: CollectionSchema, body: Mapping[str, Any]) -> int | None:
    if not body.get("object_id"):
        return None
    wanted: UUID = parse_id(str(body["object_id"]))
    found = read.select(schema, [read.with_ids([wanted])])
    if not found:
        raise unresolved({"object_id": str(wanted)})
    return found[0].seq


def _time(text: Any) -> Any:
    if not text:
        return None
    try:
        return parse_time(timestamp(text))
    except BadValue as refusal:
        raise bad_request("time", str(refusal)) from None
