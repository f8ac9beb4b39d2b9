"""Who looks at the lists, and what the parts of the fill know of each other."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from django.utils import timezone

from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Membership, Policy, Role, User

# Of lists that a company has tens of: so many, however many rows the others get.
FEW = 40
DAYS = 30  # over which what has a time is spread


@dataclass(slots=True)
class World:
    """person: who looks, an administrator; other: whose things they are otherwise.

    role: the person holds it, and with it may read what only policies open. total: how many rows
    there will be in the end. things: names for the addresses of ``pages``.
    """

    person: User
    other: User
    role: Role
    actor: Actor
    total: int
    word: str
    since: datetime
    things: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, person: User, total: int) -> Self:
        """Give ``person``, an administrator, what else the lists ask for."""
        word = secrets.token_hex(4)
        other = User.objects.create_user(f"other-{word}", None, full_name="Jonas Weber")
        every = ["*"]
        policy = Policy.objects.create(
            name=f"lists-{word}",
            policy_type="allow",
            operations=every,
            reasons=every,
            resources=every,
        )
        role = Role.objects.create(name=f"lists-{word}", comment="Looks at lists.")
        role.policies.add(policy)
        Membership.objects.create(user=person, group_id=role.pk)
        actor = authentication.user_actor(person.pk).with_(reason="Maintenance")
        since = timezone.now() - timedelta(days=DAYS)
        return cls(person, other, role, actor, total, word, since)

    @property
    def step(self) -> timedelta:
        """From one row that has a time to the next."""
        return timedelta(days=DAYS) / max(1, self.total)

    def few(self, numbers: range) -> list[int]:
        """Those of ``numbers`` that lists of few rows get."""
        return [number for number in numbers if number < FEW]
