"""Encrypt and decrypt one blob, as bytes."""

from __future__ import annotations

from collections.abc import Sequence

from collections_app import catalog, resources
from collections_app.errors import bad_request, bad_value, ciphertext_refused, property_missing
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.limits import limits
from collections_app.services import ciphertexts, claims, encrypting, guard, sources, tracing
from collections_app.services.ciphertexts import Sealed
from collections_app.services.options import Expiration
from vaultportal import trail
from vaultportal.identity.actor import Actor


def encrypt_blob(
    actor: Actor,
    collection: str,
    prop: str,
    content: bytes,
    *,
    kind: str = "",
    scope: str = "",
    tags: Sequence[str] = (),
    expiration: Expiration,
) -> bytes:
    """Seal ``content`` for a property of type BLOB.

    Source: Piiano Vault, ``POST /data/collections/{collection}/encrypt/blob``.
    """
    guard.require(actor, Capability.CRYPTO_ENCRYPTER, collection)
    claims.refuse_restricted(actor)
    item = {"type": kind or None, "scope": scope, "tags": list(tags)}

    def work(schema: CollectionSchema) -> bytes:
        each = _property(schema, prop)
        guard.vote(actor, "encrypt", schema, [resources.of_property(schema, each)])
        if len(content) > limits().max_blob_length:
            raise bad_value(prop, f"must have at most {limits().max_blob_length} bytes")
        type_name = encrypting.type_of(item)
        labels = encrypting.tags_of(item, type_name)
        trail.record(actor, "blob.encrypt", tracing.target_of(schema), property=prop)
        return ciphertexts.seal(
            schema,
            Sealed(
                {},
                type_name,
                sources.scope_of(item),
                tuple(labels),
                encrypting.expiry(expiration),
                each.id.to_bytes(4, "big") + content,
            ),
        )

    with trail.read_unit():
        return catalog.run(collection, work)


def decrypt_blob(
    actor: Actor,
    collection: str,
    prop: str,
    ciphertext: bytes,
    *,
    scope: str = "",
    archived: bool = False,
) -> bytes:
    """The bytes that were sealed for ``prop``; PV9008 when they were sealed for another property.

    Source: Piiano Vault, ``POST /data/collections/{collection}/decrypt/blob``.
    """
    guard.require(actor, Capability.CRYPTO_DECRYPTER, collection)
    claims.refuse_restricted(actor)

    def work(schema: CollectionSchema) -> bytes:
        each = _property(schema, prop)
        guard.vote(actor, "decrypt", schema, [resources.of_property(schema, each)])
        opened = ciphertexts.open_(
            schema, ciphertext, sources.scope_of({"scope": scope}), archived=archived
        )
        if opened.blob[:4] != each.id.to_bytes(4, "big"):
            raise ciphertext_refused()
        trail.record(actor, "blob.decrypt", tracing.target_of(schema), property=prop)
        return opened.blob[4:]

    with trail.read_unit():
        return catalog.run(collection, work)


def _property(schema: CollectionSchema, name: str) -> PropertySchema:
    if not name:
        raise bad_request("prop", "is required")
    each = schema.properties.get(name)
    if each is None:
        raise property_missing(name)
    if (each.data_type.base or each.data_type.name) != "BLOB":
        raise bad_request("prop", "must be of type BLOB")
    return each
