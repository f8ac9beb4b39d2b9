"""API clients as their managers look for them: roles, last use, whether they are idle."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from vaultportal.directory import selectors
from vaultportal.directory.permissions import ApiClientPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiClient, ApiKey, User

IDLE_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Program:
    """A program's account. has_secret: an API client; without, it has keys alone."""

    user: User
    has_secret: bool
    used_at: datetime | None
    expires_at: datetime | None
    roles: tuple[str, ...]
    overlap_ends_at: datetime | None = None

    @property
    def overlap_until(self) -> datetime | None:
        """Until when the secret before opens as well; None when it does not."""
        ends = self.overlap_ends_at
        return ends if ends is not None and ends > timezone.now() else None

    @property
    def is_idle(self) -> bool:
        """Unused for thirty days, and as old."""
        return (self.used_at or self.user.created_at) < timezone.now() - IDLE_AFTER

    @property
    def has_ended(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


def choose_programs(
    actor: Actor,
    words: str = "",
    *,
    ids: Collection[UUID] | None = None,
    is_active: bool | None = None,
) -> QuerySet[User]:
    """Their accounts, by name, each with ``ends_at`` and ``used_at``. Raises Forbidden.

    words: a part of the name. ids: of these alone. is_active: only those that are switched on, or
    off.
    """
    access.require(actor, ApiClientPermission.VIEW, ApiClient)
    client = ApiClient.objects.filter(user_id=OuterRef("pk"))
    keys = ApiKey.objects.filter(user_id=OuterRef("pk")).order_by().values("user_id")
    rows = User.objects.filter(kind=User.Kind.CLIENT).annotate(
        has_secret=Exists(client),
        ends_at=Subquery(client.values("expires_at")),
        overlap_ends_at=Subquery(client.values("previous_until")),
        used_at=Greatest(
            Subquery(client.values("last_used_at")),
            Subquery(keys.annotate(at=Max("last_used_at")).values("at")),
        ),
    )
    if words:
        rows = rows.filter(Q(full_name__icontains=words) | Q(username__icontains=words))
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    return rows.order_by("full_name", "username", "pk")


def programs_of(accounts: Iterable[User]) -> list[Program]:
    """What is known of accounts of ``choose_programs``; one statement beside theirs."""
    rows = list(accounts)
    roles = selectors.memberships_of([row.pk for row in rows])
    return [_program(row, tuple(role.name for role, _given in roles[row.pk])) for row in rows]


def is_program(user_id: UUID) -> bool:
    """Whether an account, of which the caller may see what it holds, is a program's."""
    return User.objects.filter(pk=user_id, kind=User.Kind.CLIENT).exists()


def get_program(actor: Actor, client_id: UUID) -> Program | None:
    """One by its id. Raises Forbidden."""
    found = programs_of(choose_programs(actor, ids=[client_id]))
    return found[0] if found else None


def _program(row: User, roles: tuple[str, ...]) -> Program:
    found = row.__dict__  # the annotations stand beside the columns
    return Program(
        row,
        found["has_secret"],
        found["used_at"],
        found["ends_at"],
        roles,
        found["overlap_ends_at"],
    )
