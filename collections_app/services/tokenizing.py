"""Tokenize: names for values, made or found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from collections_app import catalog, codec
from collections_app.errors import (
    bad_request,
    bad_size,
    exists,
    token_refused,
    transaction_used,
)
from collections_app.models import Collection, Token, TransactionId
from collections_app.permissions import Capability
from collections_app.rows import read
from collections_app.rows import tokens as token_rows
from collections_app.rows.read import Condition
from collections_app.rows.statements import run
from collections_app.rows.tokens import StoredToken
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import (
    adding,
    encrypting,
    guard,
    held_tokens,
    lookups,
    sources,
    token_ids,
)
from collections_app.services.custom_values import checked_by_code
from collections_app.services.options import Expiration, WriteOptions
from collections_app.services.sources import Source
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.crypto.models import ObjectKey
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7

LONGEST_TRANSACTION_ID = 256
OPERATION = "tokenize"
REUSED = frozenset({Token.Type.PCI, Token.Type.PCI_ONEWAY})
NEW_ONLY = frozenset({Token.Type.POINTER, Token.Type.RANDOMIZED})


@dataclass(slots=True)
class Item:
    """One request of the call, and what it comes to."""

    kind: str
    source: Source
    wanted_id: str
    tags: list[str]
    unique_tags: list[str]
    store: bool
    template: str
    template_props: list[str]
    lookup: bytes | None = None
    token_id: str = ""
    seq: int | None = None
    object_id: str = ""
    is_new: bool = True
    values: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """What an item came to. object_id: of the object that was kept with it, "" for none.

    is_new: the token was not there before for this object.
    """

    token_id: str
    object_id: str
    is_new: bool


def tokenize(
    actor: Actor,
    collection: str,
    bodies: Sequence[Any],
    *,
    expiration: Expiration,
    transaction_id: str = "",
    tenants: tuple[str, ...] = (),
) -> list[dict[str, str]]:
    """``make_tokens`` in the words of the wire."""
    made = make_tokens(
        actor,
        collection,
        bodies,
        expiration=expiration,
        transaction_id=transaction_id,
        tenants=tenants,
    )
    return [
        {"token_id": each.token_id} | ({"object_id": each.object_id} if each.object_id else {})
        for each in made
    ]


@checked_by_code(Capability.TOKENS_WRITER)
@trail.unit()
def make_tokens(
    actor: Actor,
    collection: str,
    bodies: Sequence[Any],
    *,
    expiration: Expiration,
    transaction_id: str = "",
    tenants: tuple[str, ...] = (),
) -> list[Made]:
    """Token ids for the values of each item, in the order given; all or none.

    Raises:
        NotFound: PV3003. Invalid: PV3002, PV9009. Conflict: PV9001 for a token id in use, PV9010
            for a transaction id in use, PV9011 for a tag that another token of the tenant has.

    Source: Piiano Vault, ``POST /data/collections/{collection}/tokens``.
    """
    guard.require(actor, Capability.TOKENS_WRITER, collection)
    if not bodies:
        raise bad_request("body", "must hold at least one item")
    if len(bodies) > settings.PVAULT_SERVICE_MAX_PAGE_SIZE:
        raise bad_size("body", settings.PVAULT_SERVICE_MAX_PAGE_SIZE)
    if len(transaction_id) > LONGEST_TRANSACTION_ID or "\0" in transaction_id:
        raise bad_request(
            "transaction_id", f"must have at most {LONGEST_TRANSACTION_ID} characters"
        )

    def work(schema: CollectionSchema) -> list[Made]:
        items = [_parse(body) for body in bodies]
        encrypting.vote_named(actor, schema, "tokenize", [item.source for item in items])
        sources.resolve(actor, schema, [item.source for item in items], tenants)
        for item in items:
            item.values = item.source.values = item.source.own(schema)
            sources.require_values(item.source)
            _store(actor, schema, collection, item, tenants)
        _name(schema, items)
        _check_unique_tags(schema, items)
        _write(schema, items, expiration)
        _remember(schema, transaction_id, items)
        encrypting.record(actor, "token.add", schema, [item.source for item in items])
        return [
            Made(item.token_id, item.object_id if item.store else "", item.is_new) for item in items
        ]

    return catalog.run(collection, work)


def _parse(body: Any) -> Item:
    source = sources.parse(body)
    kind = body.get("type")
    if kind not in Token.Type.values:
        raise bad_request("type", f"must be one of {', '.join(Token.Type.values)}")
    store = body.get("store_object", False)
    if not isinstance(store, bool) or (store and source.kind != "fields"):
        raise bad_request("store_object", "is true or false, and goes with fields only")
    if kind == Token.Type.POINTER and source.kind != "id" and not store:
        raise bad_request("object", "must name an object by id for a pointer")
    most = settings.PVAULT_DB_MAX_TOKEN_TAGS
    tags = sources.tags_of(body, most)
    unique_tags = sources.tags_of(body, most, "ensure_unique_tenant_tags")
    if not set(unique_tags) <= set(tags):
        raise bad_request("ensure_unique_tenant_tags", "must be among the tags")
    template = body.get("fptemplate") or ""
    wanted_id = token_ids.callers(body)
    if template and (template not in token_ids.TEMPLATES or wanted_id):
        raise bad_request(
            "fptemplate", f"must be {', '.join(token_ids.TEMPLATES)} and not beside token_id"
        )
    props = sources.texts(body, "fpprops")
    return Item(kind, source, wanted_id, tags, unique_tags, store, template, props)


def _store(
    actor: Actor,
    schema: CollectionSchema,
    collection: str,
    item: Item,
    tenants: tuple[str, ...],
) -> None:
    """Keep the fields as an object when the item asks for it; else note where they came from."""
    if item.store:
        made = adding.add_object(
            actor, collection, item.source.given, WriteOptions(tenants=tenants)
        )
        stored = read.select(schema, [read.with_ids([made])])[0]
        item.seq, item.object_id = stored.seq, str(made)
    elif item.source.stored is not None:
        item.seq, item.object_id = item.source.stored.seq, str(item.source.stored.object_id)


def _name(schema: CollectionSchema, items: Sequence[Item]) -> None:
    """Give each item its id: found again, by its values, the caller's or a new one."""
    for item in items:
        if item.kind in REUSED:
            pairs = [(schema.properties[name], value) for name, value in item.values.items()]
            item.lookup = lookups.digest(schema, item.kind, item.source.scope, pairs)
    reused = sorted({item.lookup for item in items if item.lookup is not None})
    known: dict[bytes, str] = {}
    if reused:
        # Two calls with the same values take turns, so that one of them finds the other's token.
        run(
            "SELECT pg_advisory_xact_lock(hashtextextended(encode(each, 'hex'), 0))"
            " FROM unnest(%s::bytea[]) AS each ORDER BY each",
            [reused],
        )
        same = Condition("token.lookup = ANY(%(lookups)s::bytea[])", {"lookups": reused})
        for row in token_rows.select(schema, [same, token_rows.ACTIVE]):
            known.setdefault(bytes(row.lookup or b""), row.token_id)
    asked = [item.wanted_id for item in items if item.wanted_id]
    taken = _taken(schema, asked)
    for item in items:
        item.token_id = _id_of(schema, item, known, taken)
        if item.lookup is not None:
            known[item.lookup] = item.token_id
        taken.add(item.token_id)


def _taken(schema: CollectionSchema, asked: Sequence[str]) -> set[str]:
    if not asked:
        return set()
    found = Token.objects.filter(collection_id=schema.id, token_id__in=asked)
    return set(found.values_list("token_id", flat=True))


def _id_of(
    schema: CollectionSchema, item: Item, known: Mapping[bytes, str], taken: set[str]
) -> str:
    if item.lookup is not None and item.lookup in known:
        return known[item.lookup]
    if item.kind == Token.Type.DETERMINISTIC:
        made = token_ids.deterministic(schema, item.source)
        if item.wanted_id not in ("", made):
            raise token_refused("token_id is not the one that these values have.")
        return made
    if item.wanted_id:
        if item.wanted_id in taken:
            raise exists("token", item.wanted_id)
        return item.wanted_id
    if item.template:
        names = item.template_props or list(item.values)
        return token_ids.card_like(schema, item.source, names)
    return token_ids.random()


def _check_unique_tags(schema: CollectionSchema, items: Sequence[Item]) -> None:
    """Each tag that must be the only one of its tenant is."""
    for item in items:
        if item.unique_tags:
            held_tokens.require_free(
                schema, item.unique_tags, {item.source.tenant}, {item.token_id}
            )


def _write(schema: CollectionSchema, items: Sequence[Item], expiration: Expiration) -> None:
    """Insert the rows that are new, and touch those that are there."""
    now = datetime.now(UTC)
    ids = sorted({item.token_id for item in items})
    same = Condition("token.token_id = ANY(%(ids)s::text[])", {"ids": ids})
    present: dict[tuple[str, int | None], StoredToken] = {
        (row.token_id, row.seq): row for row in token_rows.select(schema, [same], lock=True)
    }
    default = expiration.moment(now, settings.PVAULT_EXPIRATION_TOKENS)
    new: dict[tuple[str, int | None], Token] = {}
    keys: list[ObjectKey] = []
    for item in items:
        place = (item.token_id, item.seq)
        if place in present:
            item.is_new = False
            _touch(present[place], item, expiration, default, now)
        elif place in new:
            new[place].tags = list(dict.fromkeys([*new[place].tags, *item.tags]))
        else:
            row, key = _row(schema, item, default, now)
            new[place] = row
            keys += [key] if key is not None else []
    ObjectKey.objects.bulk_create(keys)
    Token.objects.bulk_create(new.values())


def _touch(
    row: StoredToken,
    item: Item,
    expiration: Expiration,
    default: datetime | None,
    now: datetime,
) -> None:
    """Tags are merged; a given expiration replaces, the default one only extends."""
    later = row.expires_at
    if expiration.is_given or row.expires_at is None or default is None:
        later = default if expiration.is_given or row.expires_at is not None else None
    elif default > row.expires_at:
        later = default
    tags = list(dict.fromkeys([*row.tags, *item.tags]))
    Token.objects.filter(pk=row.id).update(tags=tags, expires_at=later, modified_at=now)


def _row(
    schema: CollectionSchema, item: Item, expires_at: datetime | None, now: datetime
) -> tuple[Token, ObjectKey | None]:
    key_id, key_row, cells = uuid7(), None, b""
    if item.kind not in (Token.Type.POINTER, Token.Type.PCI_ONEWAY):
        key_row, key = keyring.new_object_key(schema.scope, key_id)
        cells = seal_values(schema, key, key_id, item.values)
    return (
        Token(
            collection_id=schema.id,
            token_id=item.token_id,
            type=item.kind,
            scope=item.source.scope,
            object_id=item.seq,
            tenant_id=item.source.tenant,
            key_id=key_id,
            props=sorted(schema.properties[name].id for name in item.values),
            lookup=item.lookup,
            cells=cells,
            tags=item.tags,
            template={"fptemplate": item.template} if item.template else None,
            created_at=now,
            modified_at=now,
            expires_at=expires_at,
        ),
        key_row,
    )


def seal_values(
    schema: CollectionSchema, key: keyring.OpenKey, key_id: Any, values: Mapping[str, Any]
) -> bytes:
    """Frozen values of a token, packed; clear properties too, which nobody searches here."""
    pairs = [(schema.properties[name], value) for name, value in values.items()]
    return codec.pack(codec.seal_cells(key, schema, key_id, pairs, purpose="token"))


def _remember(schema: CollectionSchema, name: str, items: Sequence[Item]) -> None:
    """Keep the caller's transaction id with what it made; PV9010 when it was used before."""
    if not name:
        return
    try:
        with transaction.atomic():  # a savepoint: the unit is left in order
            TransactionId.objects.create(
                collection=Collection(pk=schema.id),
                operation=OPERATION,
                name=name,
                ref_ids=[item.token_id for item in items],
            )
    except IntegrityError:
        raise transaction_used() from None
