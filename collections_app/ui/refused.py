"""Where it is explained why somebody may not look into a collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import rights
from collections_app.services import outgoing
from collections_app.services.options import DEFAULT_REASON
from vaultportal.identity.actor import Actor
from vaultportal.ui.refused import why_url


def why_not_read(
    actor: Actor,
    schema: CollectionSchema,
    capability: Capability,
    keys: Sequence[str],
    *,
    archived: bool = False,
) -> str:
    """``why`` for ``property`` or ``property.transformation`` of its objects."""
    asked = outgoing.columns_of(schema, keys)
    return why(actor, schema, capability, outgoing.resources_of(schema, asked, archived=archived))


def why(
    actor: Actor,
    schema: CollectionSchema,
    capability: Capability,
    resources: Iterable[AbstractSet[str]],
) -> str:
    """The capability is explained, or for who holds it the first resource that policies refuse."""
    held = rights.of(actor, [schema], capability)
    if not held.may(capability, schema):
        return why_url(capability, schema.name)
    refused = (names for names in resources if not held.votes("read", schema, [names], capability))
    return why_url(
        capability,
        schema.name,
        operation="read",
        names=sorted(next(refused, frozenset())),
        reason=actor.reason or DEFAULT_REASON,
    )
