"""Who can read a secret now, and why; who did read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from secrets_app import queries, refusals
from secrets_app.models import Secret
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref, SecretInfo
from vaultportal.audit.models import AuditEntry
from vaultportal.audit.permissions import AuditPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models.role import EVERYONE
from vaultportal.identity.permissions import sources_of

READS = ("secret.read",)

_NOW = """
SELECT account.id, account.username, account.kind, permission.codename, NULL::uuid, NULL::text,
    g.valid_until
FROM secrets_app_secretusergrant g
JOIN identity_user account ON account.id = g.user_id AND account.is_active
JOIN auth_permission permission ON permission.id = g.permission_id
WHERE g.content_object_id = %(secret)s AND g.permission_id = ANY(%(permissions)s::int[])
AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp())
UNION ALL
SELECT account.id, account.username, account.kind, permission.codename, role.uuid, named.name,
    least(g.valid_until, member.valid_until)
FROM secrets_app_secretrolegrant g
JOIN identity_role role ON role.group_ptr_id = g.group_id AND role.deleted_at IS NULL
JOIN auth_group named ON named.id = g.group_id
JOIN auth_permission permission ON permission.id = g.permission_id
JOIN identity_membership member ON member.group_id = g.group_id
    AND (member.valid_from IS NULL OR member.valid_from <= statement_timestamp())
    AND (member.valid_until IS NULL OR member.valid_until > statement_timestamp())
JOIN identity_user account ON account.id = member.user_id AND account.is_active
WHERE g.content_object_id = %(secret)s AND g.permission_id = ANY(%(permissions)s::int[])
AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp())
UNION ALL
SELECT NULL, NULL, 'everybody', permission.codename, role.uuid, named.name, g.valid_until
FROM secrets_app_secretrolegrant g
JOIN identity_role role ON role.group_ptr_id = g.group_id AND role.system
JOIN auth_group named ON named.id = g.group_id AND named.name = %(everyone)s
JOIN auth_permission permission ON permission.id = g.permission_id
WHERE g.content_object_id = %(secret)s AND g.permission_id = ANY(%(permissions)s::int[])
AND (g.valid_until IS NULL OR g.valid_until > statement_timestamp())
ORDER BY 2, 6
"""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who can read a secret now, and one reason for it.

    user_id, name: None where everybody who signs in can.
    kind: ``person``, ``client`` or ``everybody``.
    grant: the codename of the right that opens it; role_id, role_name: through which role, if any.
    until: when grant or membership end by themselves.
    """

    user_id: UUID | None
    name: str | None
    kind: str
    grant: str
    role_id: UUID | None
    role_name: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody uncovered the secret. id: of the audit entry."""

    id: UUID
    user_id: UUID
    name: str
    at: datetime
    reason: str
    address: str


def list_readers(
    actor: Actor, ref: Ref, *, right: SecretPermission = SecretPermission.READ
) -> list[Reader]:
    """Everybody who can read the secret now, a row for each reason; the names first.

    right: another one than reading, when that is asked.

    Raises:
        NotFound: there is none, or none that the actor may know of.
        Forbidden: it is neither the actor's own nor do they manage secrets or see the audit.
    """
    info = responsible(actor, ref)
    granting = [numbers.on(source, Secret) for source in sources_of(right)]
    params: dict[str, Any] = {"secret": info.id, "permissions": granting, "everyone": EVERYONE}
    with connection.cursor() as cursor:
        cursor.execute(_NOW, params)
        return [Reader(*row) for row in cursor.fetchall()]


def list_readings(
    actor: Actor, ref: Ref, *, before: UUID | None = None, limit: int = 100
) -> list[Reading]:
    """Who read the secret, newest first, as the audit has it.

    before: the id of the last entry of the page before.

    Raises:
        NotFound, Forbidden: as for ``list_readers``.
    """
    info = responsible(actor, ref)
    entries = AuditEntry.objects.filter(
        target_id=str(info.id), action__in=READS, outcome="success"
    ).order_by("-id")
    if before is not None:
        entries = entries.filter(id__lt=before)
    return [
        Reading(entry.id, entry.actor_id, entry.actor_name, entry.at, entry.reason, entry.address)
        for entry in entries.defer("body", "mac")[:limit]
    ]


def is_responsible(actor: Actor, info: SecretInfo) -> bool:
    """Whether it is the actor's business who reads the secret. ``info`` must tell OWN and WRITE."""
    manages = access.holds(actor, SecretPermission.VIEW)
    audits = access.holds(actor, AuditPermission.VIEW)
    return info.may_own or info.may_write or manages or audits


def responsible(actor: Actor, ref: Ref) -> SecretInfo:
    """The secret, for those whose business it is who reads it."""
    found = queries.one(actor, ref, rights=(queries.OWN, queries.WRITE))
    if found is None:
        raise refusals.not_found()
    if not is_responsible(actor, found.info):
        raise refusals.forbidden("see who reads this secret")
    return found.info
