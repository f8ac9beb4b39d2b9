"""Where the values of a tokenize, encrypt or hash call come from.

``object`` in the body is one of: ``id`` of an object, ``fields`` as they are, an ``encrypted``
ciphertext, or (for tokens) ``request_index``, the values of an earlier item of the same call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from collections_app.errors import bad_request, bad_value, unresolved
from collections_app.rows import read
from collections_app.rows.read import StoredObject
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.services import ciphertexts, claims, guard, incoming, outgoing
from collections_app.services.options import WriteOptions
from collections_app.services.reading import parse_id
from vaultportal.identity.actor import Actor

KINDS = ("id", "fields", "encrypted", "request_index")
DEFAULT_SCOPE = "default"
LONGEST_SCOPE = 256
LONGEST_TAG = 256


@dataclass(slots=True)
class Source:
    """One item of the call.

    props: names that were asked for; None for all that there are.
    values: normalized, once ``resolve`` has run; stored: the object they were read from.
    """

    kind: str
    given: Any = field(repr=False)
    props: tuple[str, ...] | None
    scope: str
    values: dict[str, Any] = field(default_factory=dict, repr=False)
    stored: StoredObject | None = None
    tenant: str | None = None

    def named(self, schema: CollectionSchema) -> list[PropertySchema]:
        """The properties that the item is about, as far as they show before it is resolved."""
        if self.props is not None:
            return [find(schema, name) for name in self.props]
        if self.kind == "fields":
            return incoming.given_properties(schema, [self.given])
        return list(schema.properties.values())

    def own(self, schema: CollectionSchema) -> dict[str, Any]:
        """Its values of the collection's own properties; built-in ones are not sealed."""
        return {name: value for name, value in self.values.items() if name in schema.properties}


def find(schema: CollectionSchema, name: str) -> PropertySchema:
    """A property that an item names, or PV3003."""
    each = schema.find(name)
    if each is None:
        raise unresolved({"property": name})
    return each


def parse(body: Any, *, kinds: Sequence[str] = KINDS) -> Source:
    """The common part of one item: ``object``, ``props`` and ``scope``."""
    if not isinstance(body, dict):
        raise bad_request("body", "must be an array of objects")
    given = body.get("object")
    if not isinstance(given, dict):
        raise bad_request("object", "must be an object")
    present = [kind for kind in kinds if given.get(kind) is not None]
    if len(present) != 1 or given.keys() - set(kinds):
        raise bad_request("object", f"must hold exactly one of {', '.join(kinds)}")
    props = body.get("props")
    if props is not None:
        props = tuple(dict.fromkeys(texts(body, "props")))
    return Source(present[0], given[present[0]], props, scope_of(body))


def scope_of(body: Mapping[str, Any]) -> str:
    """``scope``, ``default`` when absent."""
    scope = body.get("scope")
    if scope is None or scope == "":
        return DEFAULT_SCOPE
    if not isinstance(scope, str) or len(scope) > LONGEST_SCOPE or "\0" in scope:
        raise bad_request("scope", f"must be a string of at most {LONGEST_SCOPE} characters")
    return scope


def texts(body: Mapping[str, Any], name: str) -> list[str]:
    """An array of strings; [] when absent."""
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise bad_request(name, "must be an array of strings")
    if any("\0" in item for item in found):
        raise bad_request(name, "must not hold the NUL character")
    return list(found)


def tags_of(body: Mapping[str, Any], most: int, name: str = "tags") -> list[str]:
    """Tags: few, short, and without a comma, which separates them elsewhere."""
    found = list(dict.fromkeys(texts(body, name)))
    if len(found) > most:
        raise bad_request(name, f"must have at most {most} items")
    if any(not tag or len(tag) > LONGEST_TAG or "," in tag or "\0" in tag for tag in found):
        raise bad_request(name, f"must have 1 to {LONGEST_TAG} characters and no comma")
    return found


def resolve(
    actor: Actor, schema: CollectionSchema, sources: Sequence[Source], tenants: tuple[str, ...]
) -> None:
    """Fill in the values of every source: one statement for all objects together.

    Raises:
        NotFound: PV3003, an object, property or earlier item is not there.
        Invalid: PV3002, PV9008. Forbidden: PV9007, PV1006 for what the actor may not touch.
    """
    options = WriteOptions(tenants=claims.tenants(actor, tenants))
    wanted = {parse_id(str(each.given)) for each in sources if each.kind == "id"}
    stored = _stored(schema, wanted)
    guard.check_tenants(options.tenants, (each.tenant_id for each in stored.values()))
    claims.require_stored(actor, schema, list(stored.values()))
    for place, source in enumerate(sources):
        if source.kind == "id":
            _from_object(schema, source, stored)
        elif source.kind == "fields":
            _from_fields(schema, source, options)
        elif source.kind == "encrypted":
            _from_ciphertext(schema, source)
            guard.check_tenants(options.tenants, [source.tenant])
        else:
            index = source.given
            if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < place:
                raise bad_request("object.request_index", "must name an earlier item")
            source.values = dict(sources[index].values)
            source.stored, source.tenant = sources[index].stored, sources[index].tenant
        if source.kind in ("fields", "encrypted"):
            values = source.values | {claims.TENANT: source.tenant}
            claims.require_values(actor, schema, [values])
        _narrow(schema, source)


def _stored(schema: CollectionSchema, wanted: set[UUID]) -> dict[UUID, StoredObject]:
    if not wanted:
        return {}
    rows = read.select(schema, [read.with_ids(sorted(wanted)), read.ACTIVE])
    found = {each.object_id: each for each in rows}
    missing = sorted(str(each) for each in wanted - found.keys())
    if missing:
        raise unresolved({"object_id": ",".join(missing)})
    return found


def _from_object(
    schema: CollectionSchema, source: Source, stored: Mapping[UUID, StoredObject]
) -> None:
    found = stored[parse_id(str(source.given))]
    needed = {each.name: each for each in source.named(schema)}
    values = outgoing.open_values(schema, found, needed)
    source.values = {name: value for name, value in values.items() if value is not None}
    source.stored, source.tenant = found, found.tenant_id


def _from_fields(schema: CollectionSchema, source: Source, options: WriteOptions) -> None:
    if not isinstance(source.given, dict):
        raise bad_request("object.fields", "must be an object")
    incoming.given_properties(schema, [source.given])
    found = incoming.check_values(schema, source.given, options=options)
    source.values = dict(found.values)
    asked = source.props or ()
    source.values |= {
        name: value for name, value in found.builtins.items() if name in asked and value is not None
    }
    source.tenant = incoming.tenant_for(found.tenant, options, None)


def _from_ciphertext(schema: CollectionSchema, source: Source) -> None:
    if not isinstance(source.given, dict):
        raise bad_request("object.encrypted", "must be an object")
    raw = ciphertexts.from_text(source.given.get("ciphertext"))
    opened = ciphertexts.open_(schema, raw, scope_of(source.given), archived=False)
    source.values, source.tenant = dict(opened.values), opened.tenant


def _narrow(schema: CollectionSchema, source: Source) -> None:
    """Keep what ``props`` names; a property that is asked for must be in the collection."""
    if source.props is None:
        return
    for name in source.props:
        find(schema, name)
    source.values = {name: source.values[name] for name in source.props if name in source.values}


def require_values(source: Source) -> None:
    """PV3002 about an item that has nothing to tokenize."""
    if not source.values:
        raise bad_value(",".join(source.props or ("object",)), "is required")
