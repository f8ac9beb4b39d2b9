"""Making invocations: the one place that says what a new row must hold."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from triggers_app.models import Invocation, Kind, Mode, Subscription


def new_invocation(
    subscription: Subscription,
    payload: Mapping[str, Any],
    at: datetime,
    *,
    event_id: UUID | None = None,
    is_test: bool = False,
    is_gate: bool = False,
    content_json: Mapping[str, Any] | None = None,
    replay_of: UUID | None = None,
    replay_job_id: UUID | None = None,
) -> Invocation:
    """An invocation that is due at once, not saved yet.

    Where the subscriber may answer later, it has a deadline and a secret; a test has a secret in
    any case, since whoever starts it is told. ``secret`` gives it back until there is an outcome.

    event_id: of the outbox, for what that event has brought about; None for tests, gates, replays.
    """
    asks = subscription.kind == Kind.REQUEST_RESPONSE
    answers_later = asks and subscription.mode != Mode.SYNC
    made = Invocation(
        event_id=event_id,
        trigger=subscription.trigger,
        kind=subscription.kind,
        subscription=subscription,
        subscription_name=subscription.name,
        mode=subscription.mode,
        is_test=is_test,
        is_gate=is_gate,
        replay_of=replay_of,
        replay_job_id=replay_job_id,
        input=dict(payload),
        content_json=dict(content_json or {}),
        due_at=at,
        created_at=at,
    )
    if answers_later:
        made.deadline = at + timedelta(seconds=subscription.deadline_seconds)
    if answers_later or is_test:
        made.secret = new_secret()
        made.secret_digest = secret_digest(made.secret)
    return made


def new_secret() -> str:
    """128 random bits as the text of a UUID, which is what subscribers expect."""
    return str(UUID(bytes=secrets.token_bytes(16)))


def secret_digest(secret: str) -> bytes:
    """What is kept for the comparison. The secret is random, so no key and no salt are needed."""
    return hashlib.sha256(secret.encode()).digest()
