"""A question that a request waits for: delivered in the caller's own process, then awaited.

No queue stands between, so a busy worker delays no decision. Nothing here may run inside a
transaction: it would be open while somebody else thinks.
"""

from __future__ import annotations

import time
from threading import Event
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from triggers_app.engine import health, settlement
from triggers_app.engine.claims import claim_one
from triggers_app.engine.crew import send
from triggers_app.engine.preparing import prepare
from triggers_app.engine.ringing import ring_gates as ring
from triggers_app.models import Invocation
from vaultportal.outbound import current_rules

__all__ = ["WAIT_SECONDS", "deliver_and_wait", "ring"]

WAIT_SECONDS = float(settings.TRIGGERS_SYNC_TIMEOUT)
CIRCUIT_OPEN = "The subscriber has failed of late and is not asked now."
_POLL_SECONDS = 0.02
_never = Event()


def deliver_and_wait(invocation_id: UUID, seconds: float = WAIT_SECONDS) -> Invocation:
    """Deliver a question that was committed before, and wait for its outcome.

    Returns the row: with an outcome, or still open when ``seconds`` are over.

    Raises:
        RuntimeError: a transaction is open.
        Invocation.DoesNotExist: there is none with this id.
    """
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("Nobody is asked while a transaction is open.")
    until = time.monotonic() + seconds
    claim = claim_one(uuid4(), invocation_id)
    if claim is not None:
        now = timezone.now()
        if health.is_open(claim.subscription.health, now):
            settlement.settle_unsent([claim], now, CIRCUIT_OPEN)
        else:
            ((_, request),) = prepare([claim], now)
            settlement.settle([send(claim, request, current_rules())])
    return _outcome(invocation_id, until)


def _outcome(invocation_id: UUID, until: float) -> Invocation:
    while True:
        row = Invocation.objects.get(pk=invocation_id)
        if row.completed_at is not None or time.monotonic() >= until:
            return row
        _never.wait(_POLL_SECONDS)
