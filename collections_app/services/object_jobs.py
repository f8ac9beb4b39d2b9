"""Having something done to more objects than one request does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from collections_app import bulk_jobs, catalog
from collections_app.bulk_jobs import Kind, State, Terms
from collections_app.errors import bad_size
from collections_app.models import BulkJob
from collections_app.models.bulk import BulkJobQuerySet
from collections_app.permissions import Capability
from collections_app.rows.tokens import TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import approval, guard, sources, tracing
from collections_app.services import held_tokens as held
from collections_app.services.options import Expiration
from collections_app.tasks import run_bulk_job
from vaultportal import trail
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity.actor import Actor

MOST_LISTED = 10
MOST_OPEN = 5  # of one person, waiting or running
MOST_DRAFTS = 5
NEEDS = {
    Kind.TOKENIZE: Capability.TOKENS_WRITER,
    Kind.EXPIRE: Capability.OBJECTS_UPDATER,
    Kind.DELETE: Capability.OBJECTS_DELETER,
}


def is_gated(actor: Actor, kind: str, schema: CollectionSchema) -> bool:
    """Whether somebody may have to be asked first, which a job cannot do."""
    return kind == Kind.DELETE and approval.may_stand_before_delete(actor, schema)


def draft(
    actor: Actor,
    collection: str,
    kind: BulkJob.Kind,
    ids: Sequence[UUID],
    *,
    archived: bool = False,
) -> BulkJob:
    """Keep which objects are meant, until somebody confirms it or an hour is over.

    Raises:
        Forbidden: capability. Invalid: none, or more than ``bulk_jobs.MOST``.
    """
    schema = _permitted(actor, collection, kind)
    if not 0 < len(ids) <= bulk_jobs.MOST:
        raise bad_size("ids", bulk_jobs.MOST)
    with transaction.atomic():
        _forget_drafts(actor)
        return BulkJob.objects.create(
            collection_id=schema.id,
            kind=kind,
            asked_by=actor.user_id,
            asked_name=actor.name,
            archived=archived,
            ids=bulk_jobs.sealed_ids(ids),
            total=len(ids),
        )


def begin(
    actor: Actor,
    collection: str,
    job_id: UUID,
    *,
    expiration: Expiration | None = None,
    item: Mapping[str, Any] | None = None,
) -> BulkJob:
    """Have it done; nothing more for a job that was begun before.

    expiration: when objects, or tokens, end. item: of a tokenize call, without its object.
    The actor's reason and note are those of each batch.

    Raises:
        NotFound: no draft or job of the actor's. Forbidden: capability. Invalid: too many tags.
        Conflict: a gate stands before it, or as many as one person may have are not over.
    """
    with trail.unit():
        row = _own(actor, catalog.known(collection).id).select_for_update(of=("self",))
        found = row.select_related("collection").filter(pk=job_id).first()
        if found is None:
            raise NotFound("job")
        schema = _permitted(actor, collection, Kind(found.kind))
        if found.state != State.DRAFT:
            return found
        if is_gated(actor, found.kind, schema):
            raise Conflict("job", "Somebody has to be asked first, which a job cannot do.")
        if _own(actor).unfinished().count() >= MOST_OPEN:
            raise Conflict("job", "Wait until one of your other jobs is over.")
        given = dict(item or {})
        tags = [*given.get("tags", ()), found.tag]
        sources.tags_of({"tags": tags}, settings.PVAULT_DB_MAX_TOKEN_TAGS)
        found.state, found.reason, found.note = State.QUEUED, actor.reason, actor.note
        found.terms = Terms(expiration or Expiration(), given).sealed()
        found.created_at = timezone.now()
        found.save(update_fields=["state", "reason", "note", "terms", "created_at"])
        bulk_jobs.record(found, actor, "object.bulk")
        transaction.on_commit(lambda: run_bulk_job.delay(str(job_id)), robust=True)
    return found


def cancel(actor: Actor, collection: str, job_id: UUID) -> bool:
    """Leave the rest; False when nothing was left. What was done stays done."""
    with trail.unit():
        rows = _own(actor, catalog.known(collection).id).select_related("collection")
        open_ = rows.unfinished().select_for_update(of=("self",))
        row = open_.defer("ids", "terms").filter(pk=job_id).first()
        if row is None:
            return False
        rows.filter(pk=job_id).update(
            state=State.CANCELLED, ids=b"", terms=b"", lease_until=None, finished_at=timezone.now()
        )
        bulk_jobs.record(row, actor, "object.bulk_cancel")
    return True


def find(actor: Actor, collection: str, job_id: UUID) -> BulkJob:
    """One's own job that was begun; NotFound for any other."""
    rows = _own(actor, catalog.known(collection).id).exclude(state=State.DRAFT)
    found = rows.defer("ids", "terms").filter(pk=job_id).first()
    if found is None:
        raise NotFound("job")
    return found


def of_person(actor: Actor, schema: CollectionSchema | None = None) -> list[BulkJob]:
    """One's own of the last week, the newest first; of one collection or of all."""
    rows = _own(actor, schema.id if schema else None).exclude(state=State.DRAFT)
    rows = rows.select_related("collection").defer("ids", "terms")
    return list(rows.order_by("-created_at")[:MOST_LISTED])


def tokens_of(actor: Actor, collection: str, job_id: UUID) -> list[tuple[str, str]]:
    """Object and token of each token that the job has made or found, as far as they live.

    A token is no plaintext: whoever may make them is told of those that they have made.

    Raises:
        NotFound: no such job of the actor's. Forbidden: they may not make tokens any more.
    """
    row = find(actor, collection, job_id)
    if row.kind != Kind.TOKENIZE:
        raise NotFound("job")
    _permitted(actor, collection, Kind.TOKENIZE)

    def work(schema: CollectionSchema) -> list[tuple[str, str]]:
        wanted = TokenFilter(tags=(row.tag,))
        found = held.select(actor, schema, wanted, (), archived=False, limit=bulk_jobs.MOST)
        trail.record(actor, "token.search", tracing.target_of(schema), count=len(found))
        return [(str(each.object_id or ""), each.token_id) for each in found]

    with trail.read_unit():
        return catalog.run(collection, work)


def _permitted(actor: Actor, collection: str, kind: BulkJob.Kind) -> CollectionSchema:
    guard.require(actor, NEEDS[kind], collection)
    return catalog.known(collection)


def _own(actor: Actor, collection_id: UUID | None = None) -> BulkJobQuerySet:
    rows = BulkJob.objects.filter(asked_by=actor.user_id)
    return rows if collection_id is None else rows.filter(collection_id=collection_id)


def _forget_drafts(actor: Actor) -> None:
    """Make room for one more selection."""
    drafts = _own(actor).filter(state=State.DRAFT)
    kept = drafts.order_by("-created_at").values_list("pk", flat=True)[: MOST_DRAFTS - 1]
    drafts.exclude(pk__in=list(kept)).delete()
