"""The change feed: everything since a cursor, for one reader.

Transaction ids are given out before commits happen, so a row with a lower id may be seen later than
one with a higher id. The feed therefore ends before the oldest transaction that still runs; whoever
goes on from its cursor misses nothing and sees nothing twice.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from secrets_app import queries, refusals
from secrets_app.permissions import SecretPermission
from vaultportal.errors import Fault, Gone
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.permissions import is_covered

MAX_LIMIT = 1000
NOW = "now"
_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,18})\.(\d{1,12})")

_END = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_PAGE = """
SELECT c.transaction::text, c.id, c.secret_id, c.kind, c.version, c.actor_id, c.at, s.name,
    s.owner_id
FROM secrets_app_secretchange c
LEFT JOIN secrets_app_secret s ON s.id = c.secret_id AND {view}
WHERE (c.transaction, c.id) > (%s::text::xid8, %s::bigint) AND c.transaction < %s::text::xid8
AND (s.id IS NOT NULL OR {lost})
ORDER BY c.transaction, c.id LIMIT %s
"""
_LOST = "c.lost_users @> ARRAY[%s]::uuid[] OR c.lost_roles && %s::int[]"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. name, owner_id: None where the reader may not see the secret any more."""

    secret_id: UUID
    kind: str
    version: int
    actor_id: UUID
    at: datetime
    name: str | None
    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class Feed:
    """Changes in their order, and the cursor to go on from; it is there even without a change."""

    changes: list[Change]
    cursor: str
    more: bool


def list_changes(actor: Actor, cursor: str = "", *, limit: int = 100) -> Feed:
    """What happened, after ``cursor``, to secrets that the actor may view or could view before.

    cursor: what an earlier call gave; "" for the oldest change that is kept, ``now`` for none yet.

    Raises:
        Invalid: not a cursor; Gone: it is older than changes are kept, so some may be missing.
    """
    after = _parsed(cursor)
    with connection.cursor() as statements:
        statements.execute(_END)
        (end,) = statements.fetchone() or ("0",)
        if after is None:
            return Feed([], _cursor(end, 0), more=False)
        sql, params = _visible(actor)
        view, lost = sql
        statements.execute(
            _PAGE.format(view=f"({view})", lost=f"({lost})"),
            [*params[0], *after, end, *params[1], limit + 1],
        )
        rows = statements.fetchall()
    more = len(rows) > limit
    rows = rows[:limit]
    last = _cursor(rows[-1][0], rows[-1][1]) if more else _cursor(end, 0)
    return Feed([Change(*row[2:]) for row in rows], last, more)


def _visible(actor: Actor) -> tuple[tuple[str, str], tuple[list[Any], list[Any]]]:
    """Conditions, values: which secrets the actor sees, and which losses are their business."""
    view, view_params = queries.may(actor, SecretPermission.VIEW)
    if access.holds(actor, SecretPermission.VIEW):
        return (view, "TRUE"), (view_params, [])
    if not is_covered(SecretPermission.VIEW, actor.credential.scopes):
        return (view, "FALSE"), (view_params, [])
    return (view, _LOST), (view_params, [actor.user_id, list(actor.role_ids)])


def _cursor(transaction: str, row_id: int) -> str:
    return f"{transaction}.{row_id}.{int(time.time())}"


def _parsed(cursor: str) -> tuple[str, int] | None:
    if cursor == NOW:
        return None
    if not cursor:
        return "0", 0
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise refusals.invalid(Fault("cursor", "format", "is not one that the feed has given"))
    if time.time() - int(match[3]) > settings.SECRETS_CHANGES_DAYS * 86_400:
        raise Gone("cursor", "The cursor is older than changes are kept: read everything anew.")
    return match[1], int(match[2])
