"""Names of people: of rows that the reader sees anyway, and as somebody typed them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User


def names_of(actor: Actor, user_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Full name, or user name, by id; an account that is gone is left out.

    actor: who sees the rows that these ids stand in; a name beside them is no secret then.
    """
    wanted = {user_id for user_id in user_ids if user_id is not None}
    if not wanted:
        return {}
    rows = User.objects.filter(pk__in=wanted).values_list("pk", "full_name", "username")
    return {pk: full_name or username for pk, full_name, username in rows}


def is_user_name(typed: str) -> bool:
    """Whether an account has this user name, in any letter case; for the sign-in alone."""
    return User.objects.filter(username__iexact=typed).exists()
