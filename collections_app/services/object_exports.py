"""Having objects written into a file, and fetching it, once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from collections_app import catalog
from collections_app.export_jobs import PURPOSE
from collections_app.models.export import ObjectExport
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import guard, outgoing, ticketing, tracing
from collections_app.services.options import ReadOptions
from collections_app.tasks import write_export
from vaultportal import trail
from vaultportal.crypto import blobs
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity.actor import Actor

State = ObjectExport.State
MOST_LISTED = 10
MOST_OPEN = 5  # of one person, waiting to be written or to be fetched


def begin(
    actor: Actor,
    collection: str,
    passphrase: str,
    *,
    ids: Sequence[str] = (),
    query: Mapping[str, Any] | None = None,
    archived: bool = False,
) -> ObjectExport:
    """Have the objects with ``ids``, else all that meet ``query``, written with all they hold.

    query: as for ``searching.search_objects``; None for every object.
    The actor's reason and note are those of each read. The passphrase is kept, sealed, until the
    file is there.

    Raises:
        Forbidden: capability, a policy on one of the properties, or no ticket where one is needed.
        Conflict: as many as one person may have are waiting.
    """
    schema = _permitted(actor, collection, archived=archived)
    waiting = ObjectExport.objects.filter(
        asked_by=actor.user_id, state__in=[State.QUEUED, State.RUNNING, State.READY]
    )
    if waiting.count() >= MOST_OPEN:
        raise Conflict("export", "Fetch your other exports first, or let them lapse.")
    terms = {"ids": list(ids), "query": query, "archived": archived, "passphrase": passphrase}
    with trail.unit():
        made = ObjectExport.objects.create(
            collection_id=schema.id,
            asked_by=actor.user_id,
            asked_name=actor.name,
            reason=actor.reason,
            note=actor.note,
            archived=archived,
            terms=blobs.seal_blob(PURPOSE, json.dumps(terms).encode()),
            total=len(ids),
        )
        trail.record(actor, "object.export", tracing.target_of(schema), export=str(made.pk))
        transaction.on_commit(lambda: write_export.delay(str(made.pk)), robust=True)
    return made


def find(actor: Actor, collection: str, export_id: UUID) -> ObjectExport:
    """One's own export; NotFound for any other."""
    schema = catalog.known(collection)
    rows = ObjectExport.objects.filter(collection_id=schema.id, asked_by=actor.user_id)
    found = rows.defer("file", "terms").filter(pk=export_id).first()
    if found is None:
        raise NotFound("export")
    return found


def of_person(actor: Actor, schema: CollectionSchema | None = None) -> list[ObjectExport]:
    """One's own of the last day, the newest first; of one collection or of all."""
    rows = ObjectExport.objects.filter(asked_by=actor.user_id).select_related("collection")
    if schema is not None:
        rows = rows.filter(collection_id=schema.id)
    return list(rows.defer("file", "terms").order_by("-created_at")[:MOST_LISTED])


def take(actor: Actor, collection: str, export_id: UUID) -> bytes:
    """The file, which is gone from here afterwards.

    Raises:
        NotFound: it is not there to be taken. Forbidden: its person may not read all of that any
            more.
    """
    schema = catalog.known(collection)
    with trail.unit():
        rows = ObjectExport.objects.select_for_update().filter(
            collection_id=schema.id, asked_by=actor.user_id, state=State.READY
        )
        found = rows.filter(pk=export_id).first()
        if found is None:
            raise NotFound("export")
        asked = actor.with_(reason=found.reason, note=found.note)
        _permitted(asked, collection, archived=found.archived)
        taken = bytes(found.file)
        found.file, found.state, found.taken_at = b"", State.TAKEN, timezone.now()
        found.save(update_fields=["file", "state", "taken_at"])
        trail.record(asked, "object.export_taken", tracing.target_of(schema), export=str(found.pk))
    return taken


def _permitted(actor: Actor, collection: str, *, archived: bool) -> CollectionSchema:
    """The collection, for who may read all that its objects hold; Forbidden for others."""
    guard.require(actor, Capability.OBJECTS_LISTER, collection)
    schema = catalog.known(collection)
    options = ReadOptions(unsafe=True, show_builtins=True, archived=archived)
    columns = outgoing.chosen_columns(schema, options)
    named = outgoing.resources_of(schema, columns, archived=archived)
    guard.vote(actor, "read", schema, named, granted_by=Capability.OBJECTS_LISTER)
    # The job reads as no person; who asks for the file, and who fetches it, is one.
    ticketing.require(actor, schema, columns)
    return schema
