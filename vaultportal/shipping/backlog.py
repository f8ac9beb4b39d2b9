"""What a target has still to get, who sends it now, and how that went.

A chain's entries are committed one after the other, in the order of their numbers: whoever appends
holds the chain's head until the commit. So what a target has not got is what stands behind its
place in each chain, whenever that was begun, and a place never has to wait for a gap to fill.

One worker sends at a time: it has the target for ``LEASE``, and again with each batch. One that
dies leaves the places as they were, and the next sends from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from vaultportal.audit import verification
from vaultportal.audit.checkpoints import Statement
from vaultportal.audit.models import Checkpoint, LogTarget
from vaultportal.shipping import lines
from vaultportal.shipping.lines import Line, Place

LEASE = timedelta(seconds=60)
PER_CHAIN = 32
CHECKPOINTS = 50
MAX_BYTES = 1 << 19  # with frames and checkpoints well below what receivers take at once
HALVINGS = 5
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)

_DUE = """
SELECT id FROM audit_logtarget target
WHERE is_enabled AND next_at <= %(now)s AND (claim_until IS NULL OR claim_until < %(now)s) AND (
    (SELECT sum(seq) FROM audit_audithead) > (SELECT sum(place) FROM unnest(positions) AS place)
    OR (SELECT max(number) FROM audit_checkpoint) > checkpoint
)
ORDER BY last_sent_at NULLS FIRST
"""
_NEXT = """
SELECT entry.* FROM unnest(%s::bigint[]) WITH ORDINALITY AS place (seq, number)
CROSS JOIN LATERAL (
    SELECT shard, seq, epoch, mac, body FROM audit_auditentry
    WHERE shard = (place.number - 1)::smallint AND seq > place.seq ORDER BY seq LIMIT %s
) AS entry
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines, and where the target stands once they were sent. entries: how many are of entries."""

    lines: list[Line] = field(repr=False)
    positions: list[int]
    checkpoint: int
    entries: int


def due() -> list[UUID]:
    """Targets that wait for something, that nobody serves, and whose time has come."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": timezone.now()})
        return [row[0] for row in cursor.fetchall()]


def behind(target: LogTarget, entries: int | None = None) -> int:
    """How many entries it has not got. entries: of the trail, when somebody has counted them."""
    count = verification.count() if entries is None else entries
    return max(0, count - sum(target.positions))


def claim(target_id: UUID) -> LogTarget | None:
    """The target, for this worker alone; None when it is another's, or not to be served now."""
    now, token = timezone.now(), uuid4()
    free = Q(claim_until=None) | Q(claim_until__lt=now)
    taken = LogTarget.objects.filter(free, pk=target_id, is_enabled=True, next_at__lte=now).update(
        claim=token, claim_until=now + LEASE
    )
    return LogTarget.objects.filter(pk=target_id, claim=token).first() if taken else None


def release(target: LogTarget) -> None:
    """Let the next worker have it at once."""
    LogTarget.objects.filter(pk=target.pk, claim=target.claim).update(claim=None, claim_until=None)


def next_batch(target: LogTarget, halved: int = 0) -> Batch:
    """The next lines in the order of each chain, and the checkpoints that came meanwhile.

    A checkpoint may arrive before the entries that it speaks of: it promises places, and whoever
    compares has all lines.

    halved: how often, up to HALVINGS, which leaves a line of each chain.
    """
    checkpoints = Checkpoint.objects.select_related("key").filter(number__gt=target.checkpoint)
    few = checkpoints.order_by("number")[: max(1, CHECKPOINTS >> halved)]
    found = [Statement.of(row) for row in few]
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [target.positions, PER_CHAIN >> halved])
        rows = cursor.fetchall()
    # By turns, so that a chain of many or large entries leaves room for the others.
    rows.sort(key=lambda row: (row[1] - target.positions[row[0]], row[0]))
    positions, batch, size = list(target.positions), list[Line](), 0
    for shard, seq, epoch, mac, body in rows:
        if size and size + len(body) > MAX_BYTES >> halved:
            break
        batch.append(lines.of_entry(Place(shard, seq, epoch, bytes(mac)), bytes(body)))
        positions[shard] = seq
        size += len(body)
    entries = len(batch)
    batch += [lines.of_checkpoint(statement) for statement in found]
    checkpoint = found[-1].number if found else target.checkpoint
    return Batch(batch, positions, checkpoint, entries)


def settle(target: LogTarget, batch: Batch) -> bool:
    """The batch was read; whether the target is still this worker's."""
    now = timezone.now()
    kept = LogTarget.objects.filter(pk=target.pk, claim=target.claim).update(
        positions=batch.positions,
        checkpoint=batch.checkpoint,
        sent=F("sent") + batch.entries,
        last_sent_at=now,
        failing_since=None,
        failures=0,
        claim_until=now + LEASE,
    )
    target.positions, target.checkpoint = batch.positions, batch.checkpoint
    return bool(kept)


def fail(target: LogTarget, code: str) -> None:
    """Try again later, each time after twice as long."""
    now = timezone.now()
    LogTarget.objects.filter(pk=target.pk, claim=target.claim).update(
        error=code,
        error_at=now,
        failing_since=target.failing_since or now,
        failures=F("failures") + 1,
        next_at=_next_try(now, target.failures),
        claim=None,
        claim_until=None,
    )


def _next_try(now: datetime, failures: int) -> datetime:
    # Past ten the power is beyond the longest wait anyway.
    wait: timedelta = FIRST_WAIT * 2 ** min(failures, 10)
    return now + min(LONGEST_WAIT, wait)
