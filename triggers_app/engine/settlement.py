"""Writing what attempts have come to: many at once, in one short transaction.

A row is settled only where it is still leased to whom the attempt was made for, so an answer that
comes after a completion, an expiry or a lost lease is logged and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from triggers_app import schemas, settling, storable
from triggers_app.engine import bulk, health, log
from triggers_app.engine.claims import Claim
from triggers_app.engine.crew import Sent
from triggers_app.engine.verdicts import Next, Outcome, Verdict, judge
from triggers_app.models import Attempt, Invocation, Kind
from vaultportal.events import catalog

State = Invocation.State
INTERRUPTED = "The delivery was interrupted, and a question is put only once."
BAD_ANSWER = "The subscriber's answer does not fit the trigger's schema."
Judged = tuple[Claim, Verdict]


def settle(batch: Sequence[Sent]) -> None:
    """Log each attempt and write what it means."""
    judged = [(sent, _judge(sent)) for sent in batch]
    with transaction.atomic():
        bulk.add_attempts(log.attempt(sent, verdict) for sent, verdict in judged)
        verdicts = [(sent.claim, verdict) for sent, verdict in judged]
        at = max(sent.ended_at for sent in batch)
        _complete(verdicts, at)
        _wait(verdicts, at)
        _retry(verdicts)
        _fail(verdicts, at)
        health.note(_tallies(verdicts), at)


def settle_unsent(claims: Iterable[Claim], at: datetime, error: str) -> None:
    """End questions for which nothing is sent; the log says why."""
    with transaction.atomic():
        for claim in claims:
            Attempt.objects.create(**log.unsent(claim.invocation, at, error))
            settling.fail(_own(claim), at, error)


def _judge(sent: Sent) -> Verdict:
    invocation = sent.claim.invocation
    verdict = judge(invocation, sent.result, sent.ended_at)
    if verdict.next is Next.COMPLETE and invocation.kind == Kind.REQUEST_RESPONSE:
        event_type = catalog.get(invocation.trigger)
        if (
            event_type is None
            or schemas.output_faults(event_type, verdict.output)
            or storable.faults_of(verdict.output, "output")
        ):
            return Verdict(Next.FAIL, Outcome.REFUSED, BAD_ANSWER, alive=True)
    return verdict


def _mine(owner: UUID) -> QuerySet[Invocation]:
    return Invocation.objects.filter(leased_by=owner)


def _own(claim: Claim) -> QuerySet[Invocation]:
    return _mine(claim.owner).filter(pk=claim.invocation.pk)


def _complete(judged: Sequence[Judged], at: datetime) -> None:
    done = [each for each in judged if each[1].next is Next.COMPLETE]
    # Nobody waits for what only tells: one statement for all of them.
    told = [claim for claim, _ in done if claim.invocation.kind == Kind.FIRE_AND_FORGET]
    for owner, ids in _by_owner(told):
        bulk.complete(owner, ids, at)
    for claim, verdict in done:
        if claim.invocation.kind == Kind.REQUEST_RESPONSE:
            rows = settling.in_time(at).filter(leased_by=claim.owner)
            settling.complete(rows, claim.invocation.pk, at, verdict.output)


def _wait(judged: Sequence[Judged], at: datetime) -> None:
    taken = [claim for claim, verdict in judged if verdict.next is Next.WAIT]
    for owner, ids in _by_owner(taken):
        _mine(owner).filter(pk__in=ids, state=State.QUEUED).update(
            state=State.WAITING,
            due_at=None,
            lease_until=None,
            leased_by=None,
            acknowledged_at=Coalesce(F("acknowledged_at"), Value(at)),
        )


def _retry(judged: Sequence[Judged]) -> None:
    again = {
        claim.invocation.pk: verdict.due_at
        for claim, verdict in judged
        if verdict.due_at is not None
    }
    claims = [claim for claim, _ in judged if claim.invocation.pk in again]
    for owner, ids in _by_owner(claims):
        bulk.retry(owner, ids, [again[pk] for pk in ids])


def _fail(judged: Sequence[Judged], at: datetime) -> None:
    for claim, verdict in judged:
        if verdict.next is Next.FAIL:
            settling.fail(_own(claim), at, verdict.error)


def _by_owner(claims: Iterable[Claim]) -> Iterable[tuple[UUID, list[UUID]]]:
    owners: dict[UUID, list[UUID]] = {}
    for claim in claims:
        owners.setdefault(claim.owner, []).append(claim.invocation.pk)
    return owners.items()


def _tallies(judged: Sequence[Judged]) -> dict[UUID, health.Tally]:
    tallies: dict[UUID, health.Tally] = {}
    for claim, verdict in judged:
        subscription = claim.subscription
        tally = tallies.setdefault(subscription.pk, health.Tally(subscription))
        tally.successes += verdict.alive
        tally.failures += not verdict.alive
        tally.gone = tally.gone or verdict.gone
    return tallies
