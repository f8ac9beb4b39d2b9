"""The ends of things: expiry is told, archives are cleared away, pieces for ``like`` are kept up.

Everything goes in bounded batches, each in its own transaction, on rows that are locked and skipped
when another worker has them: a sweep that is killed loses nothing but its last batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collections_app import catalog, codec, grams
from collections_app.events import OBJECT_EXPIRED
from collections_app.models import Collection, Object, Property, Token, TransactionId
from collections_app.rows import change, read
from collections_app.rows.read import Condition
from collections_app.rows.statements import fetch, run
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.timestamps import wire_time
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.crypto.models import ObjectKey
from vaultportal.identity import actor

BATCH = 500
MOST_COLLECTED = 10_000  # rows of one garbage collection
OBJECTS, TOKENS, TRANSACTION_IDS = "objects_only", "tokens_only", "transaction_ids_only"


@trail.unit()
def tell_expired() -> int:
    """Announce objects whose end has come, and let go of their unique values; how many."""
    rows = fetch(
        """
        WITH due AS (
            SELECT seq FROM collections_app_object
            WHERE ends_at <= now() AND ends_at IS NOT NULL AND NOT is_end_told
            ORDER BY ends_at LIMIT %s FOR UPDATE SKIP LOCKED
        ),
        told AS (
            UPDATE collections_app_object object SET is_end_told = true
            FROM due WHERE object.seq = due.seq
            RETURNING object.seq, object.object_id, object.collection_id, object.ends_at
        ),
        released AS (
            UPDATE collections_app_indexentry entry SET guard = false
            FROM told WHERE entry.object_id = told.seq AND entry.guard
        )
        SELECT told.object_id, told.ends_at, collection.id, collection.name
        FROM told JOIN collections_app_collection collection ON collection.id = told.collection_id
        """,
        [BATCH],
    )
    system = actor.system()
    counted: dict[tuple[str, str], int] = {}
    for object_id, ends_at, collection_id, name in rows:
        vault = {"id": str(collection_id), "name": name}
        trail.emit(
            OBJECT_EXPIRED,
            system,
            id=str(object_id),
            name=name,
            vault=vault,
            path=f"{name}/{object_id}",
            expiredAt=wire_time(ends_at),
        )
        place = (str(collection_id), name)
        counted[place] = counted.get(place, 0) + 1
    for (collection_id, name), count in counted.items():
        target = trail.Target("collection", collection_id, name)
        trail.record(system, "object.expire", target, count=count)
    return len(rows)


@dataclass(frozen=True, slots=True)
class Collected:
    """How many rows of one kind were, or would be, cleared away."""

    name: str
    kind: str
    count: int


def collect_garbage(*, only: str = "", dry_run: bool) -> list[Collected]:
    """Erase what has been archived longer than the retention, at most MOST_COLLECTED rows in all.

    Runs inside the caller's unit of work.
    """
    before = timezone.now() - timedelta(hours=settings.PVAULT_DB_GC_RETENTION_HOURS)
    left = MOST_COLLECTED
    found: list[Collected] = []
    if only in ("", OBJECTS):
        for collection in Collection.objects.live().order_by("name"):
            ended = Object.objects.filter(collection=collection, ends_at__lte=before)
            seqs = list(ended.order_by("seq").values_list("seq", flat=True)[:left])
            left -= len(seqs)
            found.append(Collected(collection.name, collection.type, len(seqs)))
            if seqs and not dry_run:
                change.erase(seqs)
    if only in ("", TOKENS):
        rows = list(Token.objects.filter(expires_at__lte=before).values_list("pk", "key_id")[:left])
        left -= len(rows)
        found.append(Collected("Tokens", "TOKENS", len(rows)))
        if rows and not dry_run:
            ObjectKey.objects.filter(pk__in=[key_id for _, key_id in rows]).delete()
            Token.objects.filter(pk__in=[number for number, _ in rows]).delete()
    if only in ("", TRANSACTION_IDS):
        ids = _orphans(left)
        found.append(Collected("TransactionIDs", "TRANSACTION_IDS", len(ids)))
        if ids and not dry_run:
            TransactionId.objects.filter(pk__in=ids).delete()
    return found


def _orphans(most: int) -> list[int]:
    """Transaction ids none of whose tokens is left."""
    rows = fetch(
        """
        SELECT name.id FROM collections_app_transactionid name WHERE NOT EXISTS (
            SELECT FROM collections_app_token token
            WHERE token.collection_id = name.collection_id AND token.token_id = ANY(name.ref_ids))
        ORDER BY name.id LIMIT %s
        """,
        [most],
    )
    return [row[0] for row in rows]


def prune() -> int:
    """The garbage collection that beat runs, when the operator has asked for it; rows erased."""
    system = actor.system()
    with trail.unit():
        found = collect_garbage(dry_run=False)
        count = sum(each.count for each in found)
        if count:
            trail.record(system, "gc.run", trail.Target("gc", "", "prune"), count=count)
    return count


def refresh_pieces() -> int:
    """Bring the pieces of changed objects up to date; how many objects were done.

    A property answers ``like`` once nothing of its collection is waiting.
    """
    done = 0
    for schema in catalog.current().collections.values():
        if not schema.has_substrings:
            continue
        try:
            while count := _refresh_batch(schema):
                done += count
        except catalog.SchemaMoved:
            continue  # it must not hold up the others; the next run knows the new one
        waiting = [
            each.id
            for each in schema.properties.values()
            if each.is_substring_index and not each.is_substring_ready
        ]
        if waiting:
            Property.objects.filter(pk__in=waiting).update(is_substring_ready=True)
    return done


@transaction.atomic
def _refresh_batch(schema: CollectionSchema) -> int:
    due = Condition(
        "object.seq IN (SELECT seq FROM collections_app_object WHERE collection_id = %(collection)s"
        " AND grams_due ORDER BY seq LIMIT %(batch)s FOR UPDATE SKIP LOCKED)",
        {"batch": BATCH},
    )
    objects = read.select(schema, [due])
    indexed = [each for each in schema.properties.values() if each.is_substring_index]
    for each in indexed:
        entries: list[tuple[int, list[int]]] = []
        for stored in objects:
            value = _value(schema, each.id, stored)
            if value is not None:
                entries.append((stored.seq, grams.hashes(schema, each, grams.pieces(value))))
        _replace(each.id, [stored.seq for stored in objects], entries)
    run(
        "UPDATE collections_app_object SET grams_due = false WHERE seq = ANY(%s::bigint[])",
        [[stored.seq for stored in objects]],
    )
    return len(objects)


def _value(schema: CollectionSchema, number: int, stored: read.StoredObject) -> Any:
    sealed = codec.unpack(stored.cells).get(number)
    if sealed is None:
        return None
    key = keyring.open_object_key(schema.scope, stored.key_id, stored.key_version, stored.wrapped)
    return codec.open_cell(key, schema, schema.by_id[number], stored.key_id, sealed)


def _replace(number: int, seqs: list[int], entries: list[tuple[int, list[int]]]) -> None:
    run(
        "DELETE FROM collections_app_substringentry"
        " WHERE property_id = %s AND object_id = ANY(%s::bigint[])",
        [number, seqs],
    )
    if not entries:
        return
    texts = ["{" + ",".join(map(str, hashes)) + "}" for _, hashes in entries]
    run(
        """
        INSERT INTO collections_app_substringentry (object_id, property_id, grams)
        SELECT seq, %s, grams::bigint[] FROM unnest(%s::bigint[], %s::text[]) AS row(seq, grams)
        """,
        [number, [seq for seq, _ in entries], texts],
    )
