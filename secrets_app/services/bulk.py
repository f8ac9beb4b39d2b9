"""The same change to many secrets: each by its own service, in its own transaction.

One that is refused does not hinder the others; what became of each is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from secrets_app import queries, refusals
from secrets_app.queries import Match
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import grants, secrets
from secrets_app.services.grants import Holder
from secrets_app.services.settings import Settings, change_settings
from vaultportal import many
from vaultportal.errors import Fault
from vaultportal.identity.actor import Actor
from vaultportal.many import Outcome, to_each

MAX_BULK = many.MOST


def chosen(actor: Actor, ids: Sequence[UUID]) -> list[SecretInfo]:
    """The secrets among ``ids`` that the actor may view, by name, with what they may do with each.

    Raises:
        Invalid: more than ``MAX_BULK``.
    """
    if len(ids) > MAX_BULK:
        raise refusals.invalid(Fault("selected", "range", f"must have at most {MAX_BULK} items"))
    if not ids:
        return []
    match = Match(ids=list(ids))
    return queries.page(actor, match, limit=MAX_BULK, rights=queries.ALL_RIGHTS)


def share(
    actor: Actor, chosen: Sequence[SecretInfo], role_id: UUID, rights: Sequence[str]
) -> list[Outcome[SecretInfo]]:
    """Give a role the right to read, to write or both. rights: of ``grants.RIGHTS``."""
    holder = Holder("role", role_id)
    wanted: list[Literal["read", "write"]] = [
        "write" if right == "write" else "read" for right in rights
    ]

    def give(info: SecretInfo) -> None:
        for right in wanted:
            grants.give(actor, Ref(id=info.id), holder, right)

    return to_each(chosen, give)


def move(actor: Actor, chosen: Sequence[SecretInfo], folder: str) -> list[Outcome[SecretInfo]]:
    """Put each into ``folder`` under the last part of its name; "" for the top."""

    def rename(info: SecretInfo) -> None:
        name = info.name.rpartition("/")[2]
        settings = Settings(name=f"{folder}/{name}" if folder else name)
        change_settings(actor, Ref(id=info.id), settings)

    return to_each(chosen, rename)


def expire(
    actor: Actor, chosen: Sequence[SecretInfo], expires_at: datetime | None
) -> list[Outcome[SecretInfo]]:
    """Let each expire then; None for never."""
    settings = Settings(expires_at=expires_at)

    def set_end(info: SecretInfo) -> None:
        change_settings(actor, Ref(id=info.id), settings)

    return to_each(chosen, set_end)


def delete(actor: Actor, chosen: Sequence[SecretInfo]) -> list[Outcome[SecretInfo]]:
    """Erase each with all its versions."""
    return to_each(chosen, lambda info: secrets.delete_secret(actor, Ref(id=info.id)))
