"""Search by the names of fields. They lie sealed, since for some data the names are the secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from secrets_app import codec, names, queries
from secrets_app.models.secret import scope_of
from secrets_app.queries import Match
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor

# How many are opened for one search: some 20 ms of work.
MOST = 400


@dataclass(frozen=True, slots=True)
class ByField:
    """ids: secrets with a field of such a name. is_whole: all that may be read were looked at."""

    ids: list[UUID]
    is_whole: bool


def find(actor: Actor, match: Match, words: Sequence[str]) -> ByField:
    """The secrets that the actor may read and one of whose fields has one of the words in its name.

    The newest ``MOST`` are looked at: one statement. match: where to look, but for its keywords.
    """
    able = tuple({*match.able, queries.READ})
    condition, params = queries.narrow(
        actor, replace(match, keywords=(), able=able), by_grants=True
    )
    # The newest are chosen before their versions and keys are fetched: those of all cost a second.
    sql = (
        "WITH newest AS MATERIALIZED ("  # noqa: S608 constants
        " SELECT s.id, s.owner_id, s.version FROM secrets_app_secret s"
        f" WHERE {condition} ORDER BY s.updated_at DESC, s.id LIMIT %s)"
        " SELECT s.id, s.owner_id, s.version, v.outline, k.data_key_version, k.wrapped"
        " FROM newest s"
        " LEFT JOIN secrets_app_secretversion v ON v.secret_id = s.id AND v.number = s.version"
        " LEFT JOIN crypto_object_key k ON k.object_id = s.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, MOST + 1])
        rows = cursor.fetchall()
    wanted = [names.folded(word) for word in words]
    ids = [row[0] for row in rows[:MOST] if _has(row, wanted)]
    return ByField(ids, is_whole=len(rows) <= MOST)


def _has(row: tuple[Any, ...], words: Sequence[str]) -> bool:
    secret_id, owner_id, number, outline, data_key_version, wrapped = row
    if outline is None or wrapped is None:  # that version was destroyed, or all of it
        return False
    scope = scope_of(owner_id)
    key = keyring.open_object_key(scope, secret_id, data_key_version, wrapped)
    fields = codec.unseal_outline(key, scope, secret_id, number, outline)
    return any(word in names.folded(name) for name in fields for word in words)
