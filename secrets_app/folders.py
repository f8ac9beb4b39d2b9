"""Names with slashes as folders: what lies directly below one, and how much is in it.

A folder is there for whoever may view anything below it, and for nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection

from secrets_app import queries
from secrets_app.queries import Match
from secrets_app.records import SecretInfo
from vaultportal.identity.actor import Actor

MAX_FOLDERS = 500
Place = tuple[str, UUID]


@dataclass(frozen=True, slots=True)
class Folder:
    """path: from the top, without a slash at its end; count: of the secrets at any depth."""

    path: str
    count: int

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


def folders(actor: Actor, match: Match) -> list[Folder]:
    """The folders directly below ``match.folder`` with what matches in them: one statement."""
    condition, params = queries.narrow(actor, match, by_grants=True)
    rest = len(match.prefix) + 1
    sql = (
        "SELECT split_part(substr(s.name, %s::int), '/', 1) AS part, count(*)"  # noqa: S608 constants
        f" FROM secrets_app_secret s WHERE {condition}"
        " AND position('/' IN substr(s.name, %s::int)) > 0 GROUP BY 1 ORDER BY 1 LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [rest, *params, rest, MAX_FOLDERS])
        return [Folder(match.prefix + part, count) for part, count in cursor.fetchall()]


def paths(actor: Actor, match: Match) -> list[str]:
    """Every folder that something lies in, at any depth, by name; so many at most."""
    condition, params = queries.narrow(actor, match, by_grants=True)
    sql = (
        "SELECT DISTINCT left(s.name, -(position('/' IN reverse(s.name)))) AS folder"  # noqa: S608 constants
        f" FROM secrets_app_secret s WHERE {condition} AND position('/' IN s.name) > 0"
        " ORDER BY 1 LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, MAX_FOLDERS])
        return [folder for (folder,) in cursor.fetchall()]


def stretch(
    actor: Actor, match: Match, *, after: Place | None = None, limit: int
) -> list[SecretInfo]:
    """Up to ``limit`` secrets by name, behind ``after``, with what the actor may do with each."""
    return queries.page(actor, match, limit=limit, after=after, rights=queries.ALL_RIGHTS)


def directly(match: Match) -> Match:
    """The same without what lies in folders further down."""
    return replace(match, direct=True)
