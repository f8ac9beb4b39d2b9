"""The statements that change secrets: one each, so that nothing is half written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from secrets_app import names
from secrets_app.models import Secret, SecretChange
from secrets_app.permissions import SecretPermission
from vaultportal.crypto.models import ObjectKey
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers

RoleLists = Mapping[SecretPermission, Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret before it has its row."""

    id: UUID
    name: str
    owner_id: UUID | None
    type: str
    expires_at: datetime | None
    needs_ticket: bool
    key: ObjectKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version before it has its row."""

    number: int
    sealed: bytes = field(repr=False)
    outline: bytes = field(repr=False)
    size: int
    restored_from: int | None = None


_VERSION_COLUMNS = """secrets_app_secretversion (secret_id, number, sealed, outline, size,
author_id, reason, restored_from, created_at)"""
_CHANGE_COLUMNS = """secrets_app_secretchange (secret_id, kind, version, actor_id, lost_users,
lost_roles, at)"""

_INSERT = f"""
WITH made AS (
    INSERT INTO secrets_app_secret (id, name, folded, owner_id, author_id, updated_by_id, type,
        version, revision, expires_at, needs_ticket, created_at, updated_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 1, 1, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING RETURNING id
), version AS (
    INSERT INTO {_VERSION_COLUMNS}
    SELECT id, 1, %s::bytea, %s::bytea, %s::int, %s::uuid, %s::text, NULL, %s::timestamptz FROM made
), key AS (
    INSERT INTO crypto_object_key (object_id, scope, data_key_version, wrapped)
    SELECT id, %s::text, %s::int, %s::bytea FROM made
), owner AS (
    INSERT INTO secrets_app_secretusergrant
        (user_id, permission_id, content_object_id, position, granted_by_id)
    SELECT owner.id, %s::int, made.id, 0, %s::uuid
    FROM made CROSS JOIN unnest(%s::uuid[]) AS owner (id)
), change AS (
    INSERT INTO {_CHANGE_COLUMNS}
    SELECT id, 'created', 1, %s::uuid, '{{}}', '{{}}', %s::timestamptz FROM made
), roles AS (
    INSERT INTO secrets_app_secretrolegrant
        (group_id, permission_id, content_object_id, position, granted_by_id)
    SELECT role.group_ptr_id, wanted.permission_id, made.id, wanted.position, %s::uuid
    FROM made CROSS JOIN unnest(%s::uuid[], %s::int[], %s::int[])
        AS wanted (uuid, permission_id, position)
    JOIN identity_role role ON role.uuid = wanted.uuid AND role.deleted_at IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM made), (SELECT count(*) FROM roles)
"""  # noqa: S608 constants


def insert(
    actor: Actor, new: NewSecret, version: NewVersion, roles: RoleLists, now: datetime
) -> tuple[bool, bool]:
    """The secret, its first version, its key and its grants.

    Returns: whether the name was free, and whether each role was there; when one of them is false
        the caller must give the transaction up.
    """
    uuids, permissions, positions = _flat(roles)
    author = actor.user_id
    params: list[Any] = [
        *(new.id, new.name, names.folded(new.name), new.owner_id, author, author, new.type),
        *(new.expires_at, new.needs_ticket, now, now),
        *(version.sealed, version.outline, version.size, author, reason_of(actor), now),
        *(new.key.scope, new.key.data_key_version, new.key.wrapped),
        numbers.on(SecretPermission.OWN, Secret),
        *(author, [new.owner_id] if new.owner_id else []),
        *(author, now),
        *(author, uuids, permissions, positions),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, params)
        made, granted = cursor.fetchone() or (0, 0)
    return made == 1, granted == len(uuids)


_ADVANCE = f"""
WITH change AS (
    INSERT INTO {_CHANGE_COLUMNS} VALUES (%s, %s, %s, %s, %s::uuid[], %s::int[], %s)
)
UPDATE secrets_app_secret SET version = %s, revision = revision + 1, updated_at = %s,
    updated_by_id = %s WHERE id = %s
"""  # noqa: S608 constants
_ADVANCE_WITH_VERSION = _ADVANCE.replace(
    "WITH ",
    f"""WITH version AS (
    INSERT INTO {_VERSION_COLUMNS} VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
), pruned AS (
    DELETE FROM secrets_app_secretversion WHERE secret_id = %s AND number <= %s
), """,  # noqa: S608 constants
    1,
)


@dataclass(frozen=True, slots=True)
class Step:
    """From one revision of a secret to the next.

    number: of the version that is current afterwards.
    version: its data when it is a new one, and ``keep``, how many versions there may then be.
    lost_roles, lost_users: whose right was taken away by the same step, before.
    """

    kind: SecretChange.Kind
    number: int
    version: NewVersion | None = None
    keep: int = 0
    lost_roles: Sequence[int] = ()
    lost_users: Sequence[UUID] = ()


def advance(actor: Actor, secret_id: UUID, step: Step, now: datetime) -> None:
    """Write one step. The caller holds the row of the secret."""
    author = actor.user_id
    params: list[Any] = []
    if (version := step.version) is not None:
        params += [secret_id, version.number, version.sealed, version.outline, version.size]
        params += [author, reason_of(actor), version.restored_from, now]
        params += [secret_id, version.number - step.keep]
    params += [secret_id, step.kind.value, step.number, author]
    params += [list(step.lost_users), list(step.lost_roles), now]
    params += [step.number, now, author, secret_id]
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE if version is None else _ADVANCE_WITH_VERSION, params)


# A role that is deleted may stay where it already was, and comes nowhere new.
_SET_ROLES = """
WITH wanted AS (
    SELECT role.group_ptr_id AS group_id, list.permission_id, list.position
    FROM unnest(%s::uuid[], %s::int[], %s::int[]) AS list (uuid, permission_id, position)
    JOIN identity_role role ON role.uuid = list.uuid
    LEFT JOIN secrets_app_secretrolegrant present
        ON present.content_object_id = %s AND present.permission_id = list.permission_id
        AND present.group_id = role.group_ptr_id
    WHERE role.deleted_at IS NULL OR present.id IS NOT NULL
), gone AS (
    DELETE FROM secrets_app_secretrolegrant present
    WHERE present.content_object_id = %s AND present.permission_id = ANY(%s::int[])
    AND NOT EXISTS (
        SELECT FROM wanted
        WHERE wanted.group_id = present.group_id AND wanted.permission_id = present.permission_id
    ) RETURNING group_id
), kept AS (
    INSERT INTO secrets_app_secretrolegrant AS present
        (group_id, permission_id, content_object_id, position, granted_by_id)
    SELECT group_id, permission_id, %s::uuid, position, %s::uuid FROM wanted
    ON CONFLICT (group_id, permission_id, content_object_id) DO UPDATE SET
        position = EXCLUDED.position,
        valid_until = CASE
            WHEN present.valid_until > statement_timestamp() THEN present.valid_until
        END
)
SELECT (SELECT count(*) FROM wanted), coalesce((SELECT array_agg(group_id) FROM gone), '{}')
"""


def set_roles(actor: Actor, secret_id: UUID, roles: RoleLists) -> tuple[bool, list[int]]:
    """Replace the given lists whole; a role that stays keeps the end of its grant.

    Returns: whether each role was there (else the caller must give the transaction up), and the
        roles that were taken out of a list.
    """
    uuids, permissions, positions = _flat(roles)
    params: list[Any] = [
        *(uuids, permissions, positions, secret_id),
        *(secret_id, [numbers.on(permission, Secret) for permission in roles]),
        *(secret_id, actor.user_id),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_SET_ROLES, params)
        found, gone = cursor.fetchone() or (0, [])
    return found == len(uuids), list(gone)


_ERASE = f"""
WITH users AS (
    DELETE FROM secrets_app_secretusergrant WHERE content_object_id = %s RETURNING user_id
), roles AS (
    DELETE FROM secrets_app_secretrolegrant WHERE content_object_id = %s RETURNING group_id
), versions AS (
    DELETE FROM secrets_app_secretversion WHERE secret_id = %s
), checkouts AS (
    DELETE FROM secrets_app_checkout WHERE secret_id = %s
), links AS (
    DELETE FROM secrets_app_onetimelink WHERE secret_id = %s RETURNING id
), receipts AS (
    DELETE FROM secrets_app_linkreceipt WHERE link_id IN (SELECT id FROM links)
), key AS (
    DELETE FROM crypto_object_key WHERE object_id = %s
), secret AS (
    DELETE FROM secrets_app_secret WHERE id = %s RETURNING id, version
)
INSERT INTO {_CHANGE_COLUMNS}
SELECT id, 'deleted', version, %s::uuid, coalesce((SELECT array_agg(user_id) FROM users), '{{}}'),
    coalesce((SELECT array_agg(group_id) FROM roles), '{{}}'), %s::timestamptz FROM secret
"""  # noqa: S608 constants


def erase(actor: Actor, secret_id: UUID, now: datetime) -> None:
    """The secret with all that hangs on it, and the key without which no backup opens it."""
    with connection.cursor() as cursor:
        cursor.execute(_ERASE, [*([secret_id] * 7), actor.user_id, now])


def reason_of(actor: Actor) -> str:
    """Why, as the actor said it, in the length that versions keep."""
    return actor.reason[:255]


def _flat(roles: RoleLists) -> tuple[list[UUID], list[int], list[int]]:
    """The lists as three columns: role, permission, position; duplicates fold into the first."""
    uuids: list[UUID] = []
    permissions: list[int] = []
    positions: list[int] = []
    for permission, listed in roles.items():
        number = numbers.on(permission, Secret)
        for position, uuid in enumerate(dict.fromkeys(listed)):
            uuids.append(uuid)
            permissions.append(number)
            positions.append(position)
    return uuids, permissions, positions
