"""Change what a ciphertext holds: it is opened, and sealed anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from collections_app import catalog, resources
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import (
    ciphertexts,
    claims,
    encrypting,
    guard,
    incoming,
    sources,
    tracing,
)
from collections_app.services.ciphertexts import Sealed
from collections_app.services.custom_values import checked_by_code
from collections_app.services.options import Expiration, WriteOptions
from vaultportal import trail
from vaultportal.identity.actor import Actor


@checked_by_code(Capability.CRYPTO_ENCRYPTER)
def update_encrypted(
    actor: Actor,
    collection: str,
    bodies: Sequence[Any],
    *,
    expiration: Expiration,
    archived: bool = False,
    tenants: tuple[str, ...] = (),
) -> list[str]:
    """Seal anew what a ciphertext holds, with some values replaced.

    Raises: as ``encrypting.encrypt_objects`` and ``encrypting.decrypt_objects``.

    Source: Piiano Vault, ``PATCH /data/collections/{collection}/encrypt/objects``.
    """
    guard.require(actor, Capability.CRYPTO_ENCRYPTER, collection)
    guard.require(actor, Capability.CRYPTO_DECRYPTER, collection)

    def work(schema: CollectionSchema) -> list[str]:
        made = [
            _updated(actor, schema, body, expiration, tenants, archived=archived) for body in bodies
        ]
        trail.record(actor, "object.reencrypt", tracing.target_of(schema), count=len(bodies))
        return [ciphertexts.to_text(ciphertexts.seal(schema, content)) for content in made]

    with trail.read_unit():
        return catalog.run(collection, work)


def _updated(
    actor: Actor,
    schema: CollectionSchema,
    body: Any,
    expiration: Expiration,
    tenants: tuple[str, ...],
    *,
    archived: bool,
) -> Sealed:
    """What one item of ``update_encrypted`` comes to."""
    old = encrypting.open_item(schema, body, archived=archived)
    fields = body.get("fields") or {}
    given = [each.name for each in incoming.given_properties(schema, [fields])]
    kept = dict.fromkeys([*old.values, *given])
    if body.get("props") is not None:
        kept = {name: None for name in sources.texts(body, "props") if name in kept}
    touched = [schema.properties[name] for name in kept if name in schema.properties]
    named = resources.of_properties(schema, touched)
    guard.vote(actor, "encrypt", schema, named)
    guard.vote(actor, "decrypt", schema, named)
    guard.check_tenants(tenants, [old.tenant])
    new = incoming.check_values(schema, fields, options=WriteOptions())
    tenant = new.tenant if "_tenant_id" in new.builtins else old.tenant
    guard.check_tenants(tenants, [tenant])
    values = {**old.values, **new.values}
    claims.require_values(
        actor, schema, [claims.of_ciphertext(old), values | {claims.TENANT: tenant}]
    )
    return Sealed(
        {name: values[name] for name in kept if name in values},
        encrypting.type_of(body, default=old.type),
        sources.scope_of(body) if body.get("scope") else old.scope,
        old.tags,
        encrypting.expiry(expiration) if expiration.is_given else old.expires_at,
        tenant=tenant,
    )
