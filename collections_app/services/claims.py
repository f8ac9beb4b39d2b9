"""Object-level access: what a signed token says of the objects that its bearer may touch.

``https://app.piiano.io/prop/<property>`` names the values one of which an object, a token or a
ciphertext must have. A call that touches another one is refused whole; lists and searches keep to
those that match. An operation that cannot tell is refused to whoever is restricted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collections_app.errors import policy_refused
from collections_app.rows.read import StoredObject
from collections_app.schema.checks import BadValue
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import outgoing
from collections_app.services.ciphertexts import Sealed
from vaultportal.errors import Invalid
from vaultportal.identity.actor import Actor

TENANT = "_tenant_id"


@dataclass(frozen=True, slots=True)
class TokenActor(Actor):
    """The bearer of a signed token: no row of ours, and perhaps some objects only.

    props: property → the values of which an object must have one.
    """

    props: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)


def of(actor: Actor) -> Mapping[str, tuple[str, ...]]:
    """The restrictions of an actor; none for everybody without a signed token."""
    return actor.props if isinstance(actor, TokenActor) else {}


def tenants(actor: Actor, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The tenants of a request: those of the token, else those that were asked for."""
    return of(actor).get(TENANT) or asked


def refuse_restricted(actor: Actor) -> None:
    """PV1006 for an actor who may touch some objects only, where objects are not told apart."""
    if of(actor):
        raise policy_refused(actor.name)


def wanted(actor: Actor, schema: CollectionSchema) -> list[tuple[PropertySchema, list[Any]]]:
    """Each restricted property with the normalized values that it may have.

    Raises:
        Forbidden: PV1006, the collection has no such property, so nothing in it can match.
    """
    found = []
    for name, texts in of(actor).items():
        each = schema.find(name)
        if each is None:
            raise policy_refused(actor.name)
        found.append((each, [value for text in texts for value in _normalized(each, text)]))
    return found


def require_values(
    actor: Actor, schema: CollectionSchema, rows: Iterable[Mapping[str, Any]]
) -> None:
    """PV1006 unless each row of normalized values, by property name, matches."""
    if not of(actor):
        return
    allowed = wanted(actor, schema)
    if any(row.get(each.name) not in values for row in rows for each, values in allowed):
        raise policy_refused(actor.name)


def require_stored(actor: Actor, schema: CollectionSchema, objects: Sequence[StoredObject]) -> None:
    """PV1006 unless each of ``objects`` matches."""
    if of(actor) and objects:
        require_values(actor, schema, opened(actor, schema, objects))


def opened(
    actor: Actor, schema: CollectionSchema, objects: Sequence[StoredObject]
) -> list[dict[str, Any]]:
    """The values of ``objects`` that the restrictions are about."""
    needed = {each.name: each for each, _ in wanted(actor, schema)}
    return outgoing.open_many(schema, objects, needed)


def of_ciphertext(content: Sealed) -> dict[str, Any]:
    """What the restrictions are about, of an opened ciphertext."""
    return {**content.values, TENANT: content.tenant}


def _normalized(each: PropertySchema, text: str) -> list[Any]:
    """The value that ``text`` stands for; none when the property cannot have it."""
    try:
        return [each.data_type.check(text)]
    except (BadValue, Invalid):
        return []
