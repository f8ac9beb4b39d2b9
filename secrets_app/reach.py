"""How far access to a secret reaches, as its pages tell it: who used it last, whom a grant adds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q
from django.utils import timezone

from secrets_app.models import Secret, SecretUserGrant
from secrets_app.permissions import SecretPermission
from secrets_app.readers import READS, Reader, list_readers, responsible
from secrets_app.records import Ref, SecretInfo
from secrets_app.services.grants import Holder
from vaultportal.audit.models import AuditEntry
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import EVERYONE

UNUSED = timedelta(days=90)

_LAST = """
SELECT wanted.id, read.at FROM unnest(%s::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT e.at FROM audit_auditentry e
    WHERE e.target_id = wanted.id::text AND e.action = 'secret.read' AND e.outcome = 'success'
    ORDER BY e.id DESC LIMIT 1
) read
"""


_BY_OTHERS = """
SELECT read.id FROM secrets_app_secret s
CROSS JOIN LATERAL (
    SELECT e.id FROM audit_auditentry e
    WHERE e.target_id = s.id::text AND e.action = ANY(%(actions)s) AND e.outcome = 'success'
        AND e.actor_id IS DISTINCT FROM %(owner)s
    ORDER BY e.id DESC LIMIT %(limit)s
) read
WHERE s.owner_id = %(owner)s ORDER BY read.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people and API clients; everybody: whoever signs in."""

    people: int = 0
    clients: int = 0
    everybody: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.people or self.clients or self.everybody)


def last_reads(actor: Actor, infos: Sequence[SecretInfo]) -> dict[UUID, datetime]:
    """When each was last uncovered, for those that are the actor's business: one statement."""
    manages = access.holds(actor, SecretPermission.VIEW)
    wanted = [info.id for info in infos if manages or info.may_own or info.may_write]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [wanted])
        return dict(cursor.fetchall())


def reads_by_others(actor: Actor, limit: int) -> list[UUID]:
    """The latest audit entries of what others uncovered of the actor's own secrets, newest first.

    Each secret's entries are looked up by its id: the trail is long, and most of it is of others.
    """
    actions = [*READS, "secret.link_open"]
    params: dict[str, Any] = {"owner": actor.user_id, "actions": actions, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_BY_OTHERS, params)
        return [entry_id for (entry_id,) in cursor.fetchall()]


def people_let_in(infos: Sequence[SecretInfo]) -> dict[UUID, int]:
    """How many accounts each is shared with by name, its owner not among them: one statement.

    The caller asks of those alone whose sharing the actor decides on.
    """
    now = timezone.now()
    rows = SecretUserGrant.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now),
        content_object_id__in=[info.id for info in infos],
    ).exclude(permission_id=numbers.on(SecretPermission.OWN, Secret))
    counted = rows.values("content_object_id").annotate(people=Count("user_id", distinct=True))
    return dict(counted.values_list("content_object_id", "people").order_by())


def last_uses(info: SecretInfo) -> dict[UUID, datetime]:
    """When each reader last uncovered one secret. The caller has asked whose business it is."""
    rows = AuditEntry.objects.filter(
        target_id=str(info.id), action__in=READS, outcome="success"
    ).order_by()
    return dict(rows.values("actor_id").annotate(last=Max("at")).values_list("actor_id", "last"))


def reach_of(readers: Sequence[Reader]) -> Reach:
    """How many different ones there are among ``readers``."""
    kinds = {reader.user_id: reader.kind for reader in readers}
    return Reach(
        people=sum(kind == "person" for kind in kinds.values()),
        clients=sum(kind == "client" for kind in kinds.values()),
        everybody="everybody" in kinds.values(),
    )


def widening(actor: Actor, ref: Ref, holder: Holder, right: SecretPermission) -> Reach:
    """Who could do it if ``holder`` had the right, and cannot now.

    Raises:
        NotFound, Forbidden: as for ``list_readers``; Invalid: there is no such holder.
    """
    responsible(actor, ref)
    present = list_readers(actor, ref, right=right)
    if reach_of(present).everybody:
        return Reach()
    have = {reader.user_id for reader in present}
    found = holder.find()
    if isinstance(found, User):
        return _counted([(found.pk, found.kind)], have)
    users = User.objects.filter(is_active=True)
    if found.name == EVERYONE and found.system:
        return Reach(everybody=True)
    return _counted(users.filter(_holding(found)).values_list("pk", "kind"), have)


def _holding(role: Role) -> Q:
    now = timezone.now()
    begun = Q(memberships__valid_from=None) | Q(memberships__valid_from__lte=now)
    unended = Q(memberships__valid_until=None) | Q(memberships__valid_until__gt=now)
    return Q(begun, unended, memberships__group_id=role.pk)


def _counted(users: Iterable[tuple[UUID, str]], have: Collection[UUID | None]) -> Reach:
    new = {pk: kind for pk, kind in users if pk not in have}
    clients = sum(kind == User.Kind.CLIENT for kind in new.values())
    return Reach(people=len(new) - clients, clients=clients)
