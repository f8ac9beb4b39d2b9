"""The statements of the hot path: always of the same shape, so that they stay prepared.

The ORM writes one value after the other and the server reads each of them anew: for a thousand rows
that is seconds, and here milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from triggers_app.models import Attempt
from vaultportal.audit.rows import source

# An invocation of what is told, as ``invoking.new_invocation`` would make it: from the event and
# the subscription where they lie. Id, event, subscription.
_TELL = """
INSERT INTO triggers_app_invocation (id, event_id, trigger, kind, subscription_id,
    subscription_name, mode, is_test, is_gate, input, content_json, wrong_secrets, state, due_at,
    attempts, created_at, error_locale)
SELECT made.id, event.id, event.type, subscription.kind, subscription.id, subscription.name,
    subscription.mode, false, false, event.payload, '{}', 0, 'queued', event.created_at, 0,
    event.created_at, 'en-US'
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS made (id, event_id, subscription_id)
JOIN events_event event ON event.id = made.event_id
JOIN triggers_app_subscription subscription ON subscription.id = made.subscription_id
ON CONFLICT DO NOTHING
"""
_DISPATCHED = "UPDATE events_event SET dispatched_at = %s WHERE id = ANY(%s)"
_COLUMNS = {
    "invocation_id": "uuid",
    "number": "smallint",
    "at": "timestamptz",
    "outcome": "text",
    "url": "text",
    "request_headers": "jsonb",
    "status": "smallint",
    "response_headers": "jsonb",
    "response_body": "text",
    "duration_ms": "integer",
    "error": "text",
}
_TYPES = tuple(_COLUMNS.values())
_ATTEMPTS = (
    f"INSERT INTO triggers_app_attempt ({', '.join(_COLUMNS)}) SELECT made.* FROM {{}} AS made"  # noqa: S608 only the names above are put in
)
_COMPLETE = """
UPDATE triggers_app_invocation
SET state = 'completed', due_at = NULL, lease_until = NULL, leased_by = NULL, secret = NULL,
    acknowledged_at = %s, completed_at = %s
WHERE id = ANY(%s) AND leased_by = %s AND state IN ('queued', 'waiting')
"""
_RETRY = """
UPDATE triggers_app_invocation AS row
SET due_at = again.due_at, lease_until = NULL, leased_by = NULL
FROM unnest(%s::uuid[], %s::timestamptz[]) AS again (id, due_at)
WHERE row.id = again.id AND row.leased_by = %s AND row.state = 'queued'
"""


def tell(made: Sequence[tuple[UUID, UUID, UUID]]) -> None:
    """Queue invocations, given as their id, event and subscription."""
    if made:
        ids, events, subscriptions = zip(*made, strict=True)
        _execute(_TELL, [list(ids), list(events), list(subscriptions)])


def dispatched(event_ids: list[UUID], at: datetime) -> None:
    """Nobody needs to look at these events again."""
    _execute(_DISPATCHED, [at, event_ids])


def add_attempts(attempts: Iterable[Attempt]) -> None:
    """Log attempts."""
    rows = [
        [
            orjson.dumps(value).decode() if isinstance(value, dict) else value
            for value in (getattr(attempt, column) for column in _COLUMNS)
        ]
        for attempt in attempts
    ]
    if rows:
        table, values = source(_TYPES, rows)
        _execute(_ATTEMPTS.format(table), values)


def complete(owner: UUID, ids: list[UUID], at: datetime) -> None:
    """Write the success of what is still leased to ``owner`` and tells only."""
    _execute(_COMPLETE, [at, at, ids, owner])


def retry(owner: UUID, ids: list[UUID], due: list[datetime]) -> None:
    """Queue again, each for its time, what is still leased to ``owner``."""
    _execute(_RETRY, [ids, due, owner])


def _execute(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
