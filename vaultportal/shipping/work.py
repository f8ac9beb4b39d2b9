"""One worker's turn at one target: batch after batch, each settled when it was read."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from uuid import UUID

from vaultportal.audit.models import LogTarget
from vaultportal.outbound import OutboundError, Rules, current_rules
from vaultportal.shipping import backlog, channels
from vaultportal.shipping.backlog import Batch
from vaultportal.shipping.channels import Refused

SECONDS = 5.0
INTERNAL = "internal"
TOO_LARGE = f"status.{HTTPStatus.REQUEST_ENTITY_TOO_LARGE}"

logger = logging.getLogger(__name__)


def run(target_id: UUID, *, seconds: float = SECONDS) -> bool:
    """Send what waits, for ``seconds``; True when more is left. Safe to run twice, late or beside
    itself; no transaction may be open."""
    target = backlog.claim(target_id)
    if target is None:
        return False
    try:
        return _turn(target, time.monotonic() + seconds)
    except Exception:  # whatever it is: people must see that nothing goes out, and the log why
        backlog.fail(target, INTERNAL)
        raise


def _turn(target: LogTarget, until: float) -> bool:
    rules = current_rules()
    # A receiver that refuses a batch for its size, whatever it calls that, gets a smaller one.
    halved = min(target.failures, backlog.HALVINGS)
    while (batch := backlog.next_batch(target, halved)).lines:
        refused = _hand_over(target, batch, rules)
        if refused == TOO_LARGE and halved < backlog.HALVINGS:
            halved += 1
            continue
        if refused:
            backlog.fail(target, refused)
            return False
        if not backlog.settle(target, batch):
            return False
        target.failing_since, target.failures = None, 0
        if time.monotonic() >= until:
            backlog.release(target)
            return True
    backlog.release(target)
    return False


def _hand_over(target: LogTarget, batch: Batch, rules: Rules) -> str:
    """Why the receiver did not take it, or ""."""
    try:
        channels.hand_over(target, batch.lines, rules)
    except (OutboundError, Refused) as refusal:
        logger.info("A target of log shipping was not reached: %s", refusal.reason)
        return refusal.reason
    return ""
