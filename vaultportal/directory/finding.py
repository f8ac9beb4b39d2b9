"""Whom a name in a search means, for pages that show only what their reader may see anyway."""

from __future__ import annotations

from uuid import UUID

from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User


def id_of(actor: Actor, typed: str) -> UUID | None:
    """The account with this user name in any letter case, else the one with this very full name."""
    found = User.objects.named(typed).values_list("pk", flat=True).first()
    if found is not None:
        return found
    by_name = list(User.objects.filter(full_name=typed).values_list("pk", flat=True)[:2])
    return by_name[0] if len(by_name) == 1 else None
