"""Doing something to many objects: batch after batch, each with its trail in one transaction.

Each batch has the rights that the job's person has by then. A worker that dies loses the batch it
was at; whoever claims the row next goes on behind the last one. An object that the service refuses
is counted, and holds up no other. Nobody can be asked from here: what a gate may stand before is
not done by a job.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from collections_app import catalog
from collections_app.models import BulkJob
from collections_app.models.claiming import LEASE
from collections_app.services import approval, erasing, tokenizing, updating
from collections_app.services.bulk import Bulk
from collections_app.services.options import Expiration, WriteOptions
from vaultportal import trail
from vaultportal.crypto import blobs
from vaultportal.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Pending,
    Unauthenticated,
    VaultError,
)
from vaultportal.identity import actor as actors
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor, Credential

PURPOSE = "bulk job"
MOST = 20_000  # objects of one job
BATCH = 100
MOST_ATTEMPTS = 3  # without a batch between them
CUSTOM = "bulk job"
UNCONFIRMED = timedelta(hours=1)
TOLD_FOR = timedelta(days=7)
ID_BYTES = 16
Kind, State = BulkJob.Kind, BulkJob.State
Act = Callable[[Sequence[UUID]], None]


class Lost(Exception):
    """Another worker has it by now, or it was cancelled."""


class Gated(Exception):
    """Somebody has to be asked by now."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How it is done. item: of a tokenize call, without its object; {} for all else."""

    expiration: Expiration
    item: dict[str, Any]

    def sealed(self) -> bytes:
        """As the row keeps it."""
        ends = [self.expiration.is_given, self.expiration.seconds]
        return blobs.seal_blob(PURPOSE, json.dumps({"ends": ends, "item": self.item}).encode())

    @classmethod
    def opened(cls, sealed: bytes) -> Self:
        found = json.loads(blobs.open_blob(PURPOSE, sealed, ttl=None))
        return cls(Expiration(*found["ends"]), found["item"])


def sealed_ids(ids: Sequence[UUID]) -> bytes:
    """Ids as the row keeps them."""
    return blobs.seal_blob(PURPOSE, b"".join(each.bytes for each in ids))


def opened_ids(sealed: bytes) -> list[UUID]:
    """Ids as the row has kept them."""
    packed = blobs.open_blob(PURPOSE, sealed, ttl=None)
    starts = range(0, len(packed), ID_BYTES)
    return [UUID(bytes=packed[start : start + ID_BYTES]) for start in starts]


def run(job_id: str) -> None:
    """Do the job, or what is left of it; safe to run twice, late or beside itself."""
    if not BulkJob.objects.claim(job_id):
        return
    row = BulkJob.objects.select_related("collection").get(pk=job_id)
    if row.attempts > MOST_ATTEMPTS + row.place // BATCH:
        _end(row, State.FAILED, BulkJob.GAVE_UP)
        return
    try:
        ids, terms = opened_ids(bytes(row.ids)), Terms.opened(bytes(row.terms))
        while _batch(row, ids, terms):
            pass
    except Lost:
        return
    except (Gated, Pending):
        _end(row, State.FAILED, BulkJob.GATED)
    except (Forbidden, Unauthenticated):
        _end(row, State.FAILED, BulkJob.NOT_ALLOWED)
    except VaultError as refusal:
        _end(row, State.FAILED, refusal.message)
    else:
        _end(row, State.DONE)


def sweep() -> list[str]:
    """Forget what was never confirmed, and what is over for a week; the ids of what waits."""
    now = timezone.now()
    BulkJob.objects.filter(state=State.DRAFT, created_at__lt=now - UNCONFIRMED).delete()
    BulkJob.objects.filter(finished_at__lt=now - TOLD_FOR).delete()
    due = BulkJob.objects.due().order_by("created_at")
    return [str(each) for each in due.values_list("pk", flat=True)[:50]]


def _batch(row: BulkJob, ids: Sequence[UUID], terms: Terms) -> bool:
    """The next objects and how far that is; False when none was left."""
    person = authentication.user_actor(row.asked_by)
    actor = person.with_(
        credential=Credential("job", str(row.pk)),
        reason=row.reason,
        note=row.note,
        custom_audit=CUSTOM,
    )
    schema = catalog.known(row.collection.name)
    if schema.id != row.collection_id:
        raise NotFound("collection")
    if row.kind == Kind.DELETE and approval.may_stand_before_delete(actor, schema):
        raise Gated
    size = min(BATCH, int(settings.PVAULT_SERVICE_MAX_PAGE_SIZE))
    mine = BulkJob.objects.claimed(row.pk, row.attempts)
    with trail.unit():
        # Whoever cancels or claims it waits until the batch is over.
        held = mine.select_for_update().defer("ids", "terms").first()
        if held is None:
            raise Lost
        wanted = ids[held.place : held.place + size]
        counts = _apply(_act(actor, row, terms), wanted)
        mine.update(
            done=F("done") + counts["done"],
            gone=F("gone") + counts["gone"],
            refused=F("refused") + counts["refused"],
            lease_until=timezone.now() + LEASE,
        )
    return bool(wanted)


def _apply(act: Act, ids: Sequence[UUID]) -> Counter[str]:
    """All of them, or each that can be, and how many went which way."""
    if not ids:
        return Counter()
    try:
        with transaction.atomic():  # a savepoint: what is refused as a whole is tried in parts
            act(ids)
    except (NotFound, Invalid, Conflict) as refusal:
        if isinstance(refusal, NotFound) and not _is_of_object(refusal):
            raise
        if len(ids) == 1:
            return Counter(["gone" if isinstance(refusal, NotFound) else "refused"])
        middle = len(ids) // 2
        return _apply(act, ids[:middle]) + _apply(act, ids[middle:])
    return Counter(done=len(ids))


def _is_of_object(refusal: NotFound) -> bool:
    """Whether an object is missing, and not the collection or a property of it."""
    return bool({"ids", "object_id"} & refusal.context.keys())


def _act(actor: Actor, row: BulkJob, terms: Terms) -> Act:
    name = row.collection.name
    options = WriteOptions(expiration=terms.expiration, archived=row.archived)

    def tokenize(ids: Sequence[UUID]) -> None:
        tags = list(dict.fromkeys([*terms.item.get("tags", ()), row.tag]))
        items = [terms.item | {"object": {"id": str(each)}, "tags": tags} for each in ids]
        tokenizing.make_tokens(actor, name, items, expiration=terms.expiration)

    def expire(ids: Sequence[UUID]) -> None:
        _require(updating.update_objects(actor, name, _bodies(ids), options))

    def delete(ids: Sequence[UUID]) -> None:
        _require(erasing.delete_objects(actor, name, _bodies(ids), options))

    return {Kind.TOKENIZE: tokenize, Kind.EXPIRE: expire, Kind.DELETE: delete}[Kind(row.kind)]


def _bodies(ids: Sequence[UUID]) -> list[dict[str, str]]:
    return [{"id": str(each)} for each in ids]


def _require(outcome: Bulk) -> None:
    if not outcome.is_done:
        raise outcome.fault_at(min(outcome.faults))


@trail.unit()
def _end(row: BulkJob, state: BulkJob.State, failure: str = "") -> None:
    """The end of the work; which objects they were is not kept."""
    ended = BulkJob.objects.claimed(row.pk, row.attempts).update(
        state=state,
        failure=failure[:450],
        ids=b"",
        terms=b"",
        lease_until=None,
        finished_at=timezone.now(),
    )
    if ended:
        row.refresh_from_db(fields=["done", "gone", "refused"])
        record(row, actors.system(), "object.bulk_end", is_good=state == State.DONE)


def record(row: BulkJob, actor: Actor, action: str, *, is_good: bool = True) -> None:
    """What the trail says of a job; its batches stand there by themselves."""
    trail.record(
        actor,
        action,
        trail.Target("collection", str(row.collection_id), row.collection.name),
        outcome="success" if is_good else "failure",
        job=str(row.pk),
        kind=row.kind,
        count=row.total,
        done=row.done,
        gone=row.gone,
        refused=row.refused,
        requested_by=str(row.asked_by),
    )
