"""Change tokens: their tags, their end, or the values behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from collections_app import catalog, resources
from collections_app.errors import bad_request, token_missing
from collections_app.models import Token
from collections_app.permissions import Capability
from collections_app.rows.tokens import StoredToken, TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import (
    encrypting,
    guard,
    held_tokens,
    lookups,
    sources,
    tokens,
    tracing,
)
from collections_app.services.custom_values import checked_by_code
from collections_app.services.options import Expiration
from collections_app.services.sources import Source
from collections_app.services.tokenizing import seal_values
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.crypto.models import ObjectKey
from vaultportal.identity.actor import Actor

KNOWN = frozenset({"tags", "ensure_unique_tenant_tags", "object", "props"})
REPLACEABLE = frozenset({Token.Type.PCI, Token.Type.PCI_ONEWAY, Token.Type.RANDOMIZED})


@checked_by_code(Capability.TOKENS_WRITER)
@trail.unit()
def update_tokens(
    actor: Actor,
    collection: str,
    wanted: TokenFilter,
    body: Mapping[str, Any],
    *,
    expiration: Expiration,
    tenants: tuple[str, ...] = (),
    archived: bool = False,
) -> None:
    """Change every token that matches.

    body: ``tags`` replace the old ones; ``object`` and ``props`` replace all values, for tokens of
    one id that is not a pointer's or deterministic.
    expiration: unchanged when absent, never when empty, zero archives at once.

    Raises:
        NotFound: PV3009. Invalid: PV1012. Conflict: PV9011.

    Source: Piiano Vault, ``PATCH /data/collections/{collection}/tokens``.
    """
    guard.require(actor, Capability.TOKENS_WRITER, collection)
    tokens.require_filter(wanted)
    if unknown := body.keys() - KNOWN:
        raise bad_request(sorted(unknown)[0], "is not known here")

    def work(schema: CollectionSchema) -> None:
        source = sources.parse(body) if body.get("object") is not None else None
        if source is not None:
            encrypting.vote_named(actor, schema, "tokenize", [source])
            sources.resolve(actor, schema, [source], tenants)
            source.values = source.own(schema)
            sources.require_values(source)
        else:
            named = [resources.of_tokens(schema, archived=archived)]
            guard.vote(actor, "write", schema, named, granted_by=Capability.TOKENS_WRITER)
        found = held_tokens.select(actor, schema, wanted, tenants, archived=archived, lock=True)
        if not found:
            raise token_missing()
        tags = _tags(schema, body, found)
        if source is not None:
            _replace_values(schema, found, source)
        _change(found, tags, expiration)
        trail.record(
            actor,
            "token.update",
            tracing.target_of(schema),
            count=len(found),
            data=source is not None,
            **tracing.listed("ids", held_tokens.grouped(found)),
        )

    catalog.run(collection, work)


def _tags(
    schema: CollectionSchema, body: Mapping[str, Any], found: Sequence[StoredToken]
) -> list[str] | None:
    """The new tags, None when they stay; PV9011 when one is another token's."""
    most = settings.PVAULT_DB_MAX_TOKEN_TAGS
    unique = sources.tags_of(body, most, "ensure_unique_tenant_tags")
    tags = sources.tags_of(body, most) if body.get("tags") is not None else None
    if unique:
        if not set(unique) <= set(tags or ()):
            raise bad_request("ensure_unique_tenant_tags", "must be among the tags")
        ids = {each.token_id for each in found}
        held_tokens.require_free(schema, unique, {each.tenant for each in found}, ids)
    return tags


def _replace_values(schema: CollectionSchema, found: Sequence[StoredToken], source: Source) -> None:
    if len({each.token_id for each in found}) > 1:
        raise bad_request("object", "needs a filter that matches one token id")
    if any(each.type not in REPLACEABLE for each in found):
        raise bad_request("object", "cannot replace the values of a pointer or deterministic token")
    pairs = [(schema.properties[name], value) for name, value in source.values.items()]
    for each in found:
        changes: dict[str, Any] = {"props": sorted(one.id for one, _ in pairs)}
        if each.type != Token.Type.RANDOMIZED:
            changes["lookup"] = lookups.digest(schema, each.type, each.scope, pairs)
        if each.type != Token.Type.PCI_ONEWAY:
            # A new key: what was sealed before goes with the old one.
            row, key = keyring.new_object_key(schema.scope, each.key_id)
            ObjectKey.objects.filter(pk=each.key_id).update(
                data_key_version=row.data_key_version, wrapped=row.wrapped
            )
            changes["cells"] = seal_values(schema, key, each.key_id, source.values)
        Token.objects.filter(pk=each.id).update(**changes)


def _change(found: Sequence[StoredToken], tags: list[str] | None, expiration: Expiration) -> None:
    now = datetime.now(UTC)
    changes: dict[str, Any] = {"modified_at": now}
    if tags is not None:
        changes["tags"] = tags
    if expiration.is_given:
        changes["expires_at"] = expiration.moment(now)
    Token.objects.filter(pk__in=[each.id for each in found]).update(**changes)
