"""The statements of the hot paths, one each: a secret with all that its answer needs, and a page.

Access stands inside each statement, as ``access.grant_sql`` words it; nothing is filtered
afterwards. ``s`` is the secret in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from secrets_app import reachable
from secrets_app.models import Secret
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref, SecretInfo
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers

Piece = tuple[str, list[Any]]

_INFO = """
s.id, s.name, s.owner_id, s.author_id, s.updated_by_id, s.type, s.version, s.revision, s.expires_at,
s.keep_versions, s.keep_days, s.needs_ticket, s.created_at, s.updated_at, held.user_id,
held.ends_at,
coalesce(roles.readers, '[]'), coalesce(roles.writers, '[]')"""

# One pass over the grants to roles, both lists in their own order; ended grants are none.
_ABOUT = """
LEFT JOIN secrets_app_checkout held
    ON held.secret_id = s.id AND held.state = 'held' AND held.ends_at > statement_timestamp()
LEFT JOIN LATERAL (
    SELECT
        (json_agg(handle ORDER BY position) FILTER (WHERE permission_id = %s))::text AS readers,
        (json_agg(handle ORDER BY position) FILTER (WHERE permission_id = %s))::text AS writers
    FROM (
        SELECT g.permission_id, g.position, json_strip_nulls(json_build_object(
            'id', role.uuid, 'name', CASE WHEN role.deleted_at IS NULL THEN auth_group.name
                ELSE coalesce(role.wire ->> 'retired_name', auth_group.name) END,
            'deleted', CASE WHEN role.deleted_at IS NOT NULL THEN true END
        )) AS handle
        FROM secrets_app_secretrolegrant g
        JOIN auth_group ON auth_group.id = g.group_id
        JOIN identity_role role ON role.group_ptr_id = g.group_id
        WHERE g.content_object_id = s.id
        AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp())
    ) h
) roles ON true
"""
_SEALED = """
LEFT JOIN secrets_app_secretversion v
    ON v.secret_id = s.id AND v.number = coalesce(%s::int, s.version)
LEFT JOIN crypto_object_key k ON k.object_id = s.id
"""
INFO_COLUMNS = 18

# What an answer may say of the actor's rights, in the order of SecretInfo's last fields.
READ, WRITE, DELETE, OWN = "read", "write", "delete", "own"
ALL_RIGHTS = (READ, WRITE, DELETE, OWN)


def may(actor: Actor, permission: SecretPermission) -> Piece:
    """The access rule for ``permission`` on ``s`` as a condition."""
    return access.grant_sql(actor, permission, Secret, "s")


def may_replace(actor: Actor) -> Piece:
    """As ``may`` for replacing: shared secrets obey their managers, personal ones do not."""
    shared, shared_params = may(actor, SecretPermission.CHANGE)
    personal, personal_params = may(actor, SecretPermission.WRITE)
    sql = f"(CASE WHEN s.owner_id IS NULL THEN {shared} ELSE {personal} END)"
    return sql, [*shared_params, *personal_params]


def _rights(actor: Actor, wanted: Sequence[str]) -> Piece:
    """Columns that say what the actor may do; those nobody asked for are false and cost nothing."""
    words, params = [], []
    for right in ALL_RIGHTS:
        if right not in wanted:
            words.append("false")
            continue
        if right == WRITE:
            sql, more = may_replace(actor)
        else:
            sql, more = may(actor, _PERMISSION[right])
        words.append(f"({sql})")
        params += more
    return ", ".join(words), params


_PERMISSION = {
    READ: SecretPermission.READ,
    DELETE: SecretPermission.DELETE,
    OWN: SecretPermission.OWN,
}


def _handle_params() -> list[Any]:
    return [
        numbers.on(SecretPermission.READ, Secret),
        numbers.on(SecretPermission.WRITE, Secret),
    ]


@dataclass(frozen=True, slots=True)
class Found:
    """One secret as it lies there: still sealed.

    number: of the version that ``sealed`` and ``outline`` belong to; None when there is no such
        version. sealed: None once that version was destroyed.
    """

    info: SecretInfo
    number: int | None = None
    sealed: bytes | None = field(default=None, repr=False)
    outline: bytes | None = field(default=None, repr=False)
    data_key_version: int = 0
    wrapped: bytes = field(default=b"", repr=False)


def _where(ref: Ref) -> Piece:
    if ref.id is not None:
        return "s.id = %s", [ref.id]
    if ref.owner_id is not None:
        return "s.owner_id = %s AND s.name = %s", [ref.owner_id, ref.name]
    return "s.owner_id IS NULL AND s.name = %s", [ref.name]


def one(
    actor: Actor,
    ref: Ref,
    *,
    rights: Sequence[str] = ALL_RIGHTS,
    sealed: bool = False,
    version: int | None = None,
    lock: bool = False,
) -> Found | None:
    """The secret, if the actor may view it: one statement.

    rights: which of the actor's rights the answer tells.
    sealed: with the ciphertext of ``version``, None being the current one, and the object key.
    lock: hold the row until the end of the transaction.
    """
    rights_sql, rights_params = _rights(actor, rights)
    place, place_params = _where(ref)
    view, view_params = may(actor, SecretPermission.VIEW)
    columns = ", v.number, v.sealed, v.outline, k.data_key_version, k.wrapped" if sealed else ""
    sql = (
        f"SELECT {_INFO}, {rights_sql}{columns} FROM secrets_app_secret s"  # noqa: S608 constants
        f"{_ABOUT}{_SEALED if sealed else ''} WHERE {place} AND {view}"
        f"{' FOR UPDATE OF s' if lock else ''}"
    )
    with connection.cursor() as cursor:
        number = [version] if sealed else []
        params = [*rights_params, *_handle_params(), *number, *place_params, *view_params]
        cursor.execute(sql, params)
        row = cursor.fetchone()
    if row is None:
        return None
    split = INFO_COLUMNS + len(ALL_RIGHTS)
    return Found(SecretInfo(*row[:split]), *row[split:])


@dataclass(frozen=True, slots=True)
class Match:
    """Which secrets a list is about; what is None or empty does not narrow it.

    spaces: owners whose personal secrets count. shared: True for shared ones only, False for
    personal ones only.
    mine: True for those the actor owns, False for all others.
    keywords: any of them occurs in the name, letter case aside; or the id is one of ``also``.
    able: rights of the actor (``READ``, ``WRITE``) that each must have.
    folder: everything below this folder, ``prod/payments``; direct: without what lies deeper.
    role_id: shared with this role, its grant in force.
    """

    spaces: Sequence[UUID] | None = None
    shared: bool | None = None
    mine: bool | None = None
    keywords: Sequence[str] = ()
    able: Sequence[str] = ()
    ids: Sequence[UUID] | None = None
    type: str | None = None
    expires_before: datetime | None = None
    folder: str = ""
    direct: bool = False
    role_id: UUID | None = None
    also: Sequence[UUID] = ()

    @property
    def is_open(self) -> bool:
        """Whether nothing narrows it but, perhaps, that it is about shared ones."""
        return self.shared is not False and self == Match(shared=self.shared)

    @property
    def is_selective(self) -> bool:
        """Whether few match, whoever asks, along an index of their own."""
        given = (self.spaces, self.ids, self.expires_before, self.mine or None)
        return bool(self.keywords) or any(each is not None for each in given)

    @property
    def prefix(self) -> str:
        """What names in the folder begin with."""
        return f"{self.folder}/" if self.folder else ""


def _like(keyword: str) -> str:
    """``keyword`` anywhere, its own percent signs and underscores meaning themselves."""
    plain = keyword.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


_SHARED_WITH = """EXISTS (
    SELECT FROM secrets_app_secretrolegrant g JOIN identity_role role
        ON role.group_ptr_id = g.group_id
    WHERE g.content_object_id = s.id AND role.uuid = %s
    AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp())
)"""


def narrow(actor: Actor, match: Match, *, by_grants: bool) -> Piece:
    """The conditions of a list, the access rule first; ``by_grants``: turned round."""
    pieces = [may(actor, SecretPermission.VIEW)]
    if by_grants and not reachable.sees_all(actor):
        granted, granted_params = reachable.ids(actor)
        pieces = [(f"s.id IN ({granted})", granted_params)]
    if match.spaces is not None:
        pieces.append(("s.owner_id = ANY(%s::uuid[])", [list(match.spaces)]))
    if match.shared is not None:
        pieces.append((f"s.owner_id IS {'' if match.shared else 'NOT '}NULL", []))
    if match.mine is not None:
        word = "=" if match.mine else "IS DISTINCT FROM"
        pieces.append((f"s.owner_id {word} %s", [actor.user_id]))
    if match.keywords:
        like = [_like(word) for word in match.keywords]
        if match.also:
            either = "s.folded LIKE ANY(%s::text[]) OR s.id = ANY(%s::uuid[])"
            pieces.append((either, [like, list(match.also)]))
        else:
            pieces.append(("s.folded LIKE ANY(%s::text[])", [like]))
    if READ in match.able:
        pieces.append(may(actor, SecretPermission.READ))
    if WRITE in match.able:
        pieces.append(may_replace(actor))
    if match.ids is not None:
        pieces.append(("s.id = ANY(%s::uuid[])", [list(match.ids)]))
    if match.type is not None:
        pieces.append(("s.type = %s", [match.type]))
    if match.expires_before is not None:
        pieces.append(("s.expires_at < %s", [match.expires_before]))
    if match.folder:
        # Names are ordered bytewise, and "0" follows the slash: the range is one walk of the index.
        pieces.append(("s.name >= %s AND s.name < %s", [f"{match.folder}/", f"{match.folder}0"]))
    if match.direct:
        rest = len(match.prefix) + 1
        pieces.append(("position('/' IN substr(s.name, %s::int)) = 0", [rest]))
    if match.role_id is not None:
        pieces.append((_SHARED_WITH, [match.role_id]))
    sql = " AND ".join(f"({piece})" for piece, _ in pieces)
    return sql, [param for _, params in pieces for param in params]


SORT_KEYS = {"name": "name", "created": "created_at", "updated": "updated_at"}


def page(
    actor: Actor,
    match: Match,
    *,
    limit: int,
    offset: int = 0,
    after: tuple[str, UUID] | None = None,
    sort: str = "name",
    descending: bool = False,
    rights: Sequence[str] = (),
    matches: int | None = None,
) -> list[SecretInfo]:
    """Some secrets that the actor may view, in a total order: one statement.

    after: name and id of the last one on the page before; only when sorted by name, ascending.
    matches: how many there are in all, where the caller has counted them.
    """
    way = "DESC" if descending else "ASC"
    key = f"s.{SORT_KEYS[sort]}"
    part = f" ORDER BY {key} {way}, s.id {way} LIMIT %s OFFSET %s"

    def picked(*, by_grants: bool, guard: Piece = ("TRUE", [])) -> Piece:
        condition, params = narrow(actor, match, by_grants=by_grants)
        if after is not None:
            condition += " AND (s.name, s.id) > (%s, %s)"
            params += after
        sql = f"SELECT s.id, {key} FROM secrets_app_secret s WHERE {guard[0]} AND {condition}{part}"  # noqa: S608 constants
        return sql, [*guard[1], *params, limit, offset]

    if sort != "name" or match.is_selective or reachable.sees_all(actor):
        ids, params = picked(by_grants=True)
    elif matches is not None:
        ids, params = picked(by_grants=matches < reachable.MANY)
    else:
        # Nobody has counted: of the two ways the statement runs the one that is shorter.
        few, few_params = reachable.are_few(actor)
        ids, params = picked(by_grants=True, guard=(few, few_params))
        other, more = picked(by_grants=False, guard=(f"NOT {few}", few_params))
        ids, params = f"({ids}) UNION ALL ({other})", [*params, *more]
    rights_sql, rights_params = _rights(actor, rights)
    # The page is cut before the rows are fetched, so that only its own pay for roles and rights.
    sql = (
        f"SELECT {_INFO}, {rights_sql} FROM ({ids}) picked"  # noqa: S608 constants
        f" JOIN secrets_app_secret s ON s.id = picked.id {_ABOUT}"
        f" ORDER BY {key} {way}, s.id {way}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*rights_params, *params, *_handle_params()])
        return [SecretInfo(*row) for row in cursor.fetchall()]


def count(actor: Actor, match: Match) -> int:
    """How many secrets ``page`` would walk through in all: one statement."""
    if match.is_open and not reachable.sees_all(actor):
        sql, params = reachable.count(actor, shared=match.shared)
    else:
        condition, params = narrow(actor, match, by_grants=True)
        sql = f"SELECT count(*) FROM secrets_app_secret s WHERE {condition}"  # noqa: S608 constants
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def live_roles(uuids: Iterable[UUID]) -> set[UUID]:
    """Those of ``uuids`` that are roles which open something: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT uuid FROM identity_role WHERE deleted_at IS NULL AND uuid = ANY(%s::uuid[])",
            [list(uuids)],
        )
        return {row[0] for row in cursor.fetchall()}


def is_user(user_id: UUID) -> bool:
    """Whether there is a person or client who could own a secret: one statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM identity_user WHERE id = %s AND is_active", [user_id])
        return cursor.fetchone() is not None


def taken_names(owner_id: UUID | None, names: Iterable[str]) -> set[str]:
    """Those of ``names`` that are in use in one space: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM secrets_app_secret"
            " WHERE owner_id IS NOT DISTINCT FROM %s::uuid AND name = ANY(%s::text[])",
            [owner_id, list(names)],
        )
        return {row[0] for row in cursor.fetchall()}
