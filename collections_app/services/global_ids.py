"""Global identifiers: one line of text that names a value in the vault, wherever it may travel.

``pvlt:<operation>:<collection>:<property or property.transformer>:<id>:`` — an empty property names
the whole object. Nothing in one is secret; whoever resolves it needs the rights of its operation.

Source: Piiano Vault, global identifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from collections_app.errors import bad_request, unresolved
from collections_app.services import encrypting, reading, tokens
from collections_app.services.options import REASONS, ReadOptions
from vaultportal.identity.actor import Actor

PREFIXES = frozenset({"pvlt", "pvlt1"})
LONGEST = 1_000_000  # characters; a ciphertext may be the id
MOST_AT_ONCE = 100


class Operation(StrEnum):
    """What resolving does; the kind of the id follows from it."""

    READ_OBJECT = "read_object"  # an object id
    DETOKENIZE = "detokenize"  # a token id
    DECRYPT_OBJECT = "decrypt_object"  # a ciphertext in the default scope


@dataclass(frozen=True, slots=True)
class GlobalId:
    """``prop`` is ``property`` or ``property.transformer``, "" for the whole object."""

    operation: Operation
    collection: str
    prop: str
    id: str

    def __str__(self) -> str:
        return f"pvlt:{self.operation}:{self.collection}:{self.prop}:{self.id}:"


def parse(text: Any) -> GlobalId:
    """The parts of a global identifier; PV1012 for anything else."""
    if not isinstance(text, str) or len(text) > LONGEST or "\0" in text:
        raise _malformed()
    prefix, *parts = text.split(":")
    if prefix not in PREFIXES or len(parts) != 5 or parts[4]:
        raise _malformed()
    operation, collection, prop, id_, _ = parts
    if operation not in {*Operation} or not collection or not id_:
        raise _malformed()
    return GlobalId(Operation(operation), collection, prop, id_)


def resolve(
    actor: Actor,
    identifier: Any,
    *,
    reason: str = "",
    param: str = "",
    tenants: tuple[str, ...] = (),
) -> Any:
    """What a global identifier stands for, as far as ``actor`` may have it.

    Args:
        identifier: ``pvlt:read_object:patients:mail.mask:3f0c…:`` and the like.
        reason: one of the ten access reasons; "" keeps the actor's own.
        param: what X-Trans-Param would hand to custom transformations.
        tenants: what X-Tenant-Id would restrict the read to.

    Returns:
        The bare value with a property named, null where there is none; without one a map of all
        the properties, for ``read_object`` with ``id`` among them.

    Raises:
        Invalid: PV1012 for the text or the id in it, PV9008, PV9009. Forbidden: the capability or a
            policy, exactly as the operation itself refuses it. NotFound: PV1004, PV3004, PV3005, or
            PV3003 for a token id that stands for nothing.

    The read is recorded as the operation's own, in the caller's unit of work when there is one.
    """
    if reason:
        if reason not in REASONS:
            raise bad_request("reason", "must be a known access reason")
        actor = actor.with_(reason=reason)
    named = parse(identifier)
    if named.operation is Operation.READ_OBJECT:
        options = ReadOptions(
            props=(named.prop,) if named.prop else (),
            unsafe=not named.prop,
            tenants=tenants,
            param=param,
        )
        found = reading.get_object(actor, named.collection, named.id, options)
    elif named.operation is Operation.DETOKENIZE:
        found = _detokenize(actor, named, tenants, param)
    else:
        found = _decrypt(actor, named, tenants, param)
    return found.get(named.prop) if named.prop else found


def resolve_all(
    actor: Actor,
    identifiers: Mapping[str, Any],
    *,
    reason: str = "",
    param: str = "",
    tenants: tuple[str, ...] = (),
) -> dict[str, Any]:
    """``resolve`` for each of at most MOST_AT_ONCE names; one that fails fails them all."""
    if len(identifiers) > MOST_AT_ONCE:
        raise bad_request("identifiers", f"must be at most {MOST_AT_ONCE}")
    return {
        name: resolve(actor, identifier, reason=reason, param=param, tenants=tenants)
        for name, identifier in identifiers.items()
    }


def _detokenize(
    actor: Actor, named: GlobalId, tenants: tuple[str, ...], param: str
) -> dict[str, Any]:
    found = tokens.detokenize(
        actor,
        named.collection,
        tokens.token_filter([named.id], [], []),
        props=[named.prop] if named.prop else [],
        tenants=tenants,
        param=param,
    )
    if not found:
        raise unresolved({"token_id": named.id})
    fields: dict[str, Any] = found[0]["fields"]
    return fields


def _decrypt(actor: Actor, named: GlobalId, tenants: tuple[str, ...], param: str) -> dict[str, Any]:
    item = {
        "encrypted_object": {"ciphertext": named.id},
        "props": [named.prop] if named.prop else [],
    }
    found = encrypting.decrypt_objects(
        actor, named.collection, [item], param=param, tenants=tenants
    )
    fields: dict[str, Any] = found[0]["fields"]
    return fields


def _malformed() -> Any:
    return bad_request(
        "identifier", "must read pvlt:operation:collection:property:id: with a known operation"
    )
