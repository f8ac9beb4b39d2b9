"""What somebody has grants for, as ids: the access rule turned round, for lists and their counts.

``access.grant_sql`` asks of each secret whether there is a grant. Where few of very many may be
viewed it is cheaper to begin with the grants: their indexes hold all that is asked, so that no row
of a table is touched. Both say the same; a test compares them.
"""

from __future__ import annotations

from typing import Any

from secrets_app.models import Secret
from secrets_app.permissions import SecretPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.permissions import is_covered, sources_of

Piece = tuple[str, list[Any]]

# More than so many, and a page is found sooner along the names than from the grants.
MANY = 2000

_GRANTED = """SELECT content_object_id AS id FROM secrets_app_secretusergrant
    WHERE user_id = %s::uuid AND permission_id = ANY(%s::int[])
    AND (valid_until IS NULL OR valid_until > statement_timestamp())
UNION ALL
SELECT content_object_id FROM secrets_app_secretrolegrant
    WHERE group_id = ANY(%s::int[]) AND permission_id = ANY(%s::int[])
    AND (valid_until IS NULL OR valid_until > statement_timestamp())"""
_NONE = "SELECT NULL::uuid AS id WHERE false"


def sees_all(actor: Actor) -> bool:
    """Whether every secret may be viewed."""
    return access.holds(actor, SecretPermission.VIEW)


def ids(actor: Actor) -> Piece:
    """Ids of the secrets that the actor may view by a grant, some of them more than once."""
    if not is_covered(SecretPermission.VIEW, actor.credential.scopes):
        return _NONE, []
    rights = [numbers.on(right, Secret) for right in sources_of(SecretPermission.VIEW)]
    return _GRANTED, [actor.user_id, rights, list(actor.role_ids), rights]


def are_few(actor: Actor) -> Piece:
    """A condition: the actor has fewer than ``MANY`` grants. It is worked out once a statement."""
    granted, params = ids(actor)
    sql = f"(SELECT count(*) < {MANY} FROM (SELECT FROM ({granted}) g LIMIT {MANY}) few)"  # noqa: S608 constants
    return sql, params


def count(actor: Actor, *, shared: bool | None) -> Piece:
    """The statement that counts what may be viewed: all of it, or the shared ones only.

    Personal secrets are looked for only among what is granted, along an index of their ids.
    """
    granted, params = ids(actor)
    sql = f"SELECT count(DISTINCT g.id) FROM ({granted}) g"  # noqa: S608 constants
    if shared:
        sql += (
            " WHERE NOT EXISTS (SELECT FROM secrets_app_secret s"
            " WHERE s.id = g.id AND s.owner_id IS NOT NULL)"
        )
    return sql, params
