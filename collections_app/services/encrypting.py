"""Encrypt, decrypt and hash: the vault as a cipher, storing nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from collections_app import catalog, resources
from collections_app.errors import bad_request, ciphertext_refused
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.timestamps import wire_time
from collections_app.services import (
    ciphertexts,
    claims,
    guard,
    outgoing,
    sources,
    token_ids,
    tracing,
)
from collections_app.services.ciphertexts import RANDOMIZED, TYPES, Sealed
from collections_app.services.custom_values import checked_by_code
from collections_app.services.options import Expiration
from collections_app.services.sources import Source
from vaultportal import trail
from vaultportal.identity.actor import Actor

KINDS = ("fields", "id", "encrypted")


@checked_by_code(Capability.CRYPTO_ENCRYPTER)
def encrypt_objects(
    actor: Actor,
    collection: str,
    bodies: Sequence[Any],
    *,
    expiration: Expiration,
    tenants: tuple[str, ...] = (),
) -> list[str]:
    """Seal the values of each item; required properties need not be there.

    Returns: ciphertexts as standard base64, in the order given.

    Raises:
        Invalid: PV3002 for a value. NotFound: PV3003, PV3004. One bad item refuses the call.

    Source: Piiano Vault, ``POST /data/collections/{collection}/encrypt/objects``.
    """
    guard.require(actor, Capability.CRYPTO_ENCRYPTER, collection)

    def work(schema: CollectionSchema) -> list[str]:
        found = [sources.parse(body, kinds=KINDS) for body in bodies]
        kinds = [type_of(body) for body in bodies]
        tags = [tags_of(body, kind) for body, kind in zip(bodies, kinds, strict=True)]
        vote_named(actor, schema, "encrypt", found)
        sources.resolve(actor, schema, found, tenants)
        ends = expiry(expiration)
        record(actor, "object.encrypt", schema, found)
        return [
            ciphertexts.to_text(
                ciphertexts.seal(
                    schema,
                    Sealed(
                        source.own(schema),
                        kind,
                        source.scope,
                        tuple(labels),
                        ends,
                        tenant=source.tenant,
                    ),
                )
            )
            for source, kind, labels in zip(found, kinds, tags, strict=True)
        ]

    with trail.read_unit():
        return catalog.run(collection, work)


def decrypt_objects(
    actor: Actor,
    collection: str,
    bodies: Sequence[Any],
    *,
    archived: bool = False,
    with_metadata: bool = False,
    param: str = "",
    tenants: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """Open ciphertexts; ``props`` of an item take transformers, and the keys keep the dot.

    param: what X-Trans-Param hands to custom transformations.

    Raises:
        Invalid: PV9008, PV3233. NotFound: PV3004. Forbidden: PV9007 for one of another tenant.

    Source: Piiano Vault, ``POST /data/collections/{collection}/decrypt/objects``.
    """
    guard.require(actor, Capability.CRYPTO_DECRYPTER, collection)

    def work(schema: CollectionSchema) -> list[dict[str, Any]]:
        opened = [open_item(schema, body, archived=archived) for body in bodies]
        claims.require_values(actor, schema, map(claims.of_ciphertext, opened))
        columns = [
            columns_of(schema, body, content) for body, content in zip(bodies, opened, strict=True)
        ]
        asked = {name for each in columns for name in outgoing.resources_of(schema, each)}
        guard.vote(actor, "decrypt", schema, asked)
        guard.check_tenants(tenants, (content.tenant for content in opened))
        trail.record(
            actor,
            "object.decrypt",
            tracing.target_of(schema),
            count=len(bodies),
            **tracing.listed("properties", sorted({c.key for each in columns for c in each})[:100]),
        )
        rows = [
            ([column for column in each if column.property.name in content.values], content.values)
            for content, each in zip(opened, columns, strict=True)
        ]
        shown = outgoing.show_each(actor, schema, rows, param)
        return [
            {"fields": fields} | ({"metadata": metadata(content)} if with_metadata else {})
            for content, fields in zip(opened, shown, strict=True)
        ]

    with trail.read_unit():
        return catalog.run(collection, work)


@checked_by_code(Capability.CRYPTO_HASHER)
def hash_objects(
    actor: Actor, collection: str, bodies: Sequence[Any], *, tenants: tuple[str, ...] = ()
) -> list[str]:
    """The ids that deterministic tokens of these values have; nothing is stored.

    tenants: whose objects and ciphertexts may be hashed; () for all.

    Source: Piiano Vault, ``POST /data/collections/{collection}/hash/objects``.
    """
    guard.require(actor, Capability.CRYPTO_HASHER, collection)

    def work(schema: CollectionSchema) -> list[str]:
        found = [sources.parse(body, kinds=KINDS) for body in bodies]
        vote_named(actor, schema, "hash", found)
        sources.resolve(actor, schema, found, tenants)
        for source in found:
            sources.require_values(source)
        record(actor, "object.hash", schema, found)
        return [token_ids.deterministic(schema, source) for source in found]

    with trail.read_unit():
        return catalog.run(collection, work)


def open_item(schema: CollectionSchema, body: Any, *, archived: bool) -> Sealed:
    """The opened ciphertext of ``encrypted_object``."""
    item = body.get("encrypted_object") if isinstance(body, dict) else None
    if not isinstance(item, dict):
        raise bad_request("encrypted_object", "must be an object")
    raw = ciphertexts.from_text(item.get("ciphertext"))
    content = ciphertexts.open_(schema, raw, sources.scope_of(item), archived=archived)
    if content.blob:
        raise ciphertext_refused()
    return content


def columns_of(schema: CollectionSchema, body: Any, content: Sealed) -> list[outgoing.Column]:
    """What an item asks for: its ``props``, or all that the ciphertext holds."""
    props = sources.texts(body, "props")
    return outgoing.columns_of(schema, props or list(content.values))


def metadata(content: Sealed) -> dict[str, Any]:
    """What a ciphertext says of itself."""
    ends = content.expires_at
    return {
        "type": content.type,
        "scope": content.scope,
        "expiration": None if ends is None else wire_time(ends),
        "tags": list(content.tags),
    }


def type_of(body: Any, default: str = RANDOMIZED) -> str:
    """``type`` of an item."""
    found = body.get("type") if isinstance(body, dict) else None
    if found is None:
        return default
    if found not in TYPES:
        raise bad_request("type", f"must be one of {', '.join(TYPES)}")
    return str(found)


def tags_of(body: Mapping[str, Any], kind: str) -> list[str]:
    """``tags`` of an item; a deterministic ciphertext has none."""
    found = sources.tags_of(body, settings.PVAULT_DB_MAX_TOKEN_TAGS)
    if found and kind != RANDOMIZED:
        raise bad_request("tags", "go with randomized ciphertexts only")
    return found


def expiry(expiration: Expiration) -> datetime | None:
    """When a new ciphertext ends; the tokens' default holds for it too."""
    return expiration.moment(datetime.now(UTC), settings.PVAULT_EXPIRATION_TOKENS)


def vote_named(
    actor: Actor, schema: CollectionSchema, operation: str, found: Sequence[Source]
) -> None:
    """Put every property of every item to the policies, once each."""
    touched: dict[str, PropertySchema] = {}
    for source in found:
        touched |= {each.name: each for each in source.named(schema) if each.name != "id"}
    guard.vote(actor, operation, schema, resources.of_properties(schema, touched.values()))


def record(actor: Actor, action: str, schema: CollectionSchema, found: Sequence[Source]) -> None:
    """One entry for the call: how many items, and which properties."""
    names = sorted({name for source in found for name in source.values})
    trail.record(
        actor,
        action,
        tracing.target_of(schema),
        count=len(found),
        **tracing.listed("properties", names[:100]),
    )
