"""Who did what, newest first, for those who may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.db.models import Q, QuerySet

from vaultportal.audit.models import MAC_SIZE, AuditEntry
from vaultportal.audit.permissions import AuditPermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.permissions import is_covered

MAX_PAGE = 500
# An id is made a moment after the time that its entry bears.
_SLACK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; None and "" stand for anything.

    action: the whole of it, or its beginning with a "*" behind ("secret.*").
    since, until: in UTC, ``since`` included and ``until`` not.
    """

    actor_id: UUID | None = None
    action: str = ""
    target_kind: str = ""
    target_id: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    actor_name: str = ""
    target_name: str = ""
    reason: str = ""
    address: str = ""
    request_id: str = ""

    def as_dict(self) -> dict[str, str]:
        """What is wanted, as texts by field; ``of_dict`` reads it back."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in given.items()
            if value
        }

    @classmethod
    def of_dict(cls, kept: Mapping[str, str]) -> Self:
        """From ``as_dict``."""
        values: dict[str, Any] = dict(kept)
        if "actor_id" in values:
            values["actor_id"] = UUID(values["actor_id"])
        for name in ("since", "until"):
            if name in values:
                values[name] = datetime.fromisoformat(values[name])
        return cls(**values)


ANYTHING = Filter()


def list_entries(
    actor: Actor, wanted: Filter = ANYTHING, *, before: UUID | None = None, limit: int = 50
) -> list[AuditEntry]:
    """A page of entries, newest first, without their bodies.

    Whoever holds ``view_auditentry`` sees all; everybody else sees what they did and what was done
    to them.

    before: the id of the last entry of the page before.
    """
    rows = _filtered(_visible(actor), wanted)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.defer("body", "mac")[: min(limit, MAX_PAGE)])


def entries(actor: Actor, wanted: Filter = ANYTHING) -> QuerySet[AuditEntry]:
    """What ``list_entries`` takes its pages from, newest first, with bodies."""
    return _filtered(_visible(actor), wanted)


def get_entry_at(actor: Actor, shard: int, seq: int) -> AuditEntry:
    """One entry by its place in the chains. Raises NotFound as ``get_entry``."""
    entry = _visible(actor).filter(shard=shard, seq=seq).first()
    if entry is None:
        raise NotFound("audit entry")
    return entry


def digest_before(entry: AuditEntry) -> bytes:
    """The MAC of the entry before it in its chain; zeros for the first, b"" when it is missing."""
    if entry.seq == 1:
        return bytes(MAC_SIZE)
    found = (
        AuditEntry.objects.filter(shard=entry.shard, seq=entry.seq - 1).values_list("mac").first()
    )
    return bytes(found[0]) if found else b""


def get_entry(actor: Actor, entry_id: UUID) -> AuditEntry:
    """One entry with its body.

    Raises:
        NotFound: there is none, or none that the actor may see.
    """
    entry = _visible(actor).filter(id=entry_id).first()
    if entry is None:
        raise NotFound("audit entry")
    return entry


def _visible(actor: Actor) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.order_by("-id")
    if access.holds(actor, AuditPermission.VIEW):
        return rows
    if not is_covered(AuditPermission.VIEW, actor.credential.scopes):
        return rows.none()
    return rows.filter(Q(actor_id=actor.user_id) | Q(target_id=str(actor.user_id)))


def _filtered(rows: QuerySet[AuditEntry], wanted: Filter) -> QuerySet[AuditEntry]:
    equal = {
        "actor_id": wanted.actor_id,
        "target_kind": wanted.target_kind,
        "target_id": wanted.target_id,
        "outcome": wanted.outcome,
        "actor_name": wanted.actor_name,
        "target_name": wanted.target_name,
        "reason": wanted.reason,
        "address": wanted.address,
        "request_id": wanted.request_id,
    }
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if wanted.action.endswith("*"):
        rows = rows.filter(action__startswith=wanted.action[:-1])
    elif wanted.action:
        rows = rows.filter(action=wanted.action)
    # The id begins with the time, so the primary key finds the range; the column is exact.
    if wanted.since is not None:
        rows = rows.filter(id__gte=first_id(wanted.since, -_SLACK), at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(id__lt=first_id(wanted.until, _SLACK), at__lt=wanted.until)
    return rows


def first_id(at: datetime, slack: timedelta = timedelta()) -> UUID:
    """The lowest UUIDv7 of the millisecond ``slack`` after ``at``."""
    seconds = at.timestamp() + slack.total_seconds()  # a sum of times ends with the year 9999
    return UUID(int=max(0, int(seconds * 1000)) << 80)
