"""One SQL statement from a credential to everything that authentication needs to know.

The statement reads the identity epoch in the same snapshot as the rights: what it found is true as
long as that epoch stands. Times are compared by the database's clock, at the statement.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from oauth2_provider.models import get_access_token_model, get_application_model

from vaultportal.identity import policies, scopes
from vaultportal.identity.actor import Actor, Credential, gated_by
from vaultportal.identity.models.role import EVERYONE

EPOCH = "SELECT value FROM identity_identityepoch WHERE id = 1"

_FROM_USER = """
    SELECT 'session' AS kind, '' AS id, %s::uuid AS user_id, '' AS client_id,
           '{*}'::text[] AS scopes, NULL::timestamptz AS ends, FALSE AS unnoted,
           NULL::bytea AS digest
"""

_FROM_BEARER = """
    SELECT 'api_key' AS kind, key.id::text, key.user_id, '' AS client_id,
           coalesce(key.scopes::text[], '{{*}}') AS scopes, key.expires_at AS ends,
           key.last_used_at IS NULL
           OR key.last_used_at < statement_timestamp() - interval '1 minute' AS unnoted,
           key.digest
    FROM identity_apikey key
    WHERE key.digest = ANY(%s::bytea[]) AND key.revoked_at IS NULL
      AND (key.expires_at IS NULL OR key.expires_at > statement_timestamp())
    UNION ALL
    -- A program that acts for itself has a token without a user: it acts as its owner.
    SELECT 'oauth', token.id::text, coalesce(token.user_id, program.user_id),
           coalesce(program.client_id, ''), string_to_array(token.scope, ' '), token.expires,
           FALSE, NULL
    FROM {tokens} token LEFT JOIN {programs} program ON program.id = token.application_id
    WHERE token.token_checksum = %s AND token.expires > statement_timestamp()
"""

_ACTOR = """
WITH credential AS ({credential})
SELECT credential.kind, credential.id, credential.client_id, credential.scopes,
       credential.unnoted, credential.digest,
       account.id, account.number, account.username, account.kind,
       account.is_staff, account.is_superuser, account.networks,
       held.roles, rights.names, votes.policies, epoch.gated, epoch.value,
       extract(epoch FROM least(credential.ends, held.changes) - statement_timestamp())::float8
FROM credential
JOIN identity_user account ON account.id = credential.user_id AND account.is_active
LEFT JOIN identity_identityepoch epoch ON epoch.id = 1
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT role) FILTER (WHERE in_force), '{{}}') AS roles,
           min(changes) AS changes
    FROM (
        SELECT membership.group_id AS role,
               membership.valid_from IS NULL
               OR membership.valid_from <= statement_timestamp() AS in_force,
               CASE WHEN membership.valid_from > statement_timestamp()
                    THEN membership.valid_from ELSE membership.valid_until END AS changes
        FROM identity_membership membership
        JOIN identity_role role ON role.group_ptr_id = membership.group_id
        WHERE membership.user_id = account.id AND role.deleted_at IS NULL
          AND (membership.valid_until IS NULL
               OR membership.valid_until > statement_timestamp())
        UNION ALL
        SELECT role.group_ptr_id, TRUE, NULL
        FROM auth_group named
        JOIN identity_role role ON role.group_ptr_id = named.id
        WHERE named.name = '{everyone}' AND role.system AND role.deleted_at IS NULL
    ) found
) held
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT type.app_label || '.' || permission.codename), '{{}}')
           AS names
    FROM auth_group_permissions given
    JOIN auth_permission permission ON permission.id = given.permission_id
    JOIN django_content_type type ON type.id = permission.content_type_id
    WHERE given.group_id = ANY(held.roles)
) rights
CROSS JOIN LATERAL (
    SELECT jsonb_agg(DISTINCT jsonb_build_object(
        'name', policy.name, 'policy_type', policy.policy_type, 'operations', policy.operations,
        'reasons', policy.reasons, 'resources', policy.resources
    )) AS policies
    FROM identity_role_policies given
    JOIN identity_policy policy ON policy.id = given.policy_id
    WHERE given.role_id = ANY(held.roles)
) votes
"""


@dataclass(frozen=True, slots=True)
class Found:
    """An actor as it is known to the database at one moment.

    epoch: the identity epoch of that moment; None when the row is missing, and nothing may be kept.
    read_at: the process's monotonic second just before the statement.
    seconds: until something it is made of begins or ends by itself; None for never.
    key_unnoted: the last use of the API key is more than a minute old in its row.
    key_digest: the digest in the API key's row; None for other credentials.
    """

    actor: Actor
    epoch: int | None
    read_at: float
    seconds: float | None
    key_unnoted: bool
    key_digest: bytes | None


def epoch() -> int | None:
    """The identity epoch as it is committed now; the one small statement of a known actor."""
    with connection.cursor() as cursor:
        cursor.execute(EPOCH)
        row = cursor.fetchone()
    return None if row is None else row[0]


def by_token(digests: list[bytes], checksum: str) -> Found | None:
    """Who a bearer token stands for.

    digests: of the token as an API key, under every live pepper.
    checksum: SHA-256 of the token in hexadecimal, as the OAuth toolkit keeps it.
    """
    return _find(_statement_by_token(), [digests, checksum])


def by_user(user_id: UUID) -> Found | None:
    """The active user as an actor, for a browser that has signed in."""
    return _find(_statement_by_user(), [user_id])


@cache
def _statement_by_token() -> str:
    quote = connection.ops.quote_name
    credential = _FROM_BEARER.format(
        tokens=quote(get_access_token_model()._meta.db_table),
        programs=quote(get_application_model()._meta.db_table),
    )
    return _ACTOR.format(credential=credential, everyone=EVERYONE)


@cache
def _statement_by_user() -> str:
    return _ACTOR.format(credential=_FROM_USER, everyone=EVERYONE)


def _find(statement: str, params: list[Any]) -> Found | None:
    read_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        row = cursor.fetchone()
    return None if row is None else _read(row, read_at)


def _read(row: tuple[Any, ...], read_at: float) -> Found:
    kind, credential_id, client_id, scope_names, unnoted, digest, *account = row
    user_id, number, name, user_kind, is_staff, is_superuser, networks, *held = account
    roles, permissions, votes, gated, epoch_value, seconds = held
    actor = Actor(
        user_id=user_id,
        number=number,
        name=name,
        kind=user_kind,
        role_ids=tuple(roles),
        permissions=frozenset(permissions),
        is_staff=is_staff,
        is_superuser=is_superuser,
        credential=Credential(kind, credential_id, scopes.reach(scope_names), client_id),
        policies=policies.read(json.loads(votes)) if votes else policies.NO_POLICIES,
        gated=gated_by(gated),
        networks=tuple(networks),
    )
    return Found(
        actor, epoch_value, read_at, seconds, unnoted, None if digest is None else bytes(digest)
    )
