"""The role lists of a secret: who may change them, and what a request means by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from secrets_app import queries, refusals
from secrets_app.permissions import SecretPermission
from secrets_app.records import RoleHandle, SecretInfo
from secrets_app.writes import RoleLists
from vaultportal.errors import Fault, Forbidden, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

WORDS = {SecretPermission.READ: "read_roles", SecretPermission.WRITE: "write_roles"}


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A role list that a request brings.

    forgiving: one who may not change the list leaves it as it is instead of being refused. Some
        clients cannot leave the field out, and say null when they mean nothing by it.
    """

    roles: Sequence[UUID]
    forgiving: bool = False


def require_for_new(
    actor: Actor, owner_id: UUID | None, read_roles: Sequence[UUID], write_roles: Sequence[UUID]
) -> None:
    """Forbidden when a new secret comes with roles that the actor may not give."""
    if (read_roles or write_roles) and owner_id is not None and not _owner_may_share(actor):
        raise _not_yours_to_share()


def wanted(
    actor: Actor, info: SecretInfo, read_roles: RoleChange | None, write_roles: RoleChange | None
) -> RoleLists:
    """The lists that are to be replaced; lists that would stay as they are, are left out.

    Raises:
        Forbidden: a list differs from the present one, and its changing is the owner's or, for
            shared secrets, the managers' business.
    """
    given = (
        (SecretPermission.READ, read_roles, info.read_roles),
        (SecretPermission.WRITE, write_roles, info.write_roles),
    )
    allowed = may_share(actor, info)
    lists: dict[SecretPermission, Sequence[UUID]] = {}
    for permission, change, present in given:
        if change is None or _is_same(change.roles, present, ordered=allowed):
            continue
        if not allowed and change.forgiving:
            continue
        if not allowed:
            raise _not_yours_to_share()
        lists[permission] = tuple(change.roles)
    return lists


def may_share(actor: Actor, info: SecretInfo) -> bool:
    """Whether the actor decides who else may open the secret. ``info`` must tell OWN."""
    if info.owner_id is None:
        return access.holds(actor, SecretPermission.CHANGE)
    return info.may_own and _owner_may_share(actor)


def _owner_may_share(actor: Actor) -> bool:
    if not settings.SECRETS_SHARING_NEEDS_VAULT_ADD:
        return True
    return access.holds(actor, SecretPermission.ADD)


def _is_same(roles: Sequence[UUID], present: Sequence[RoleHandle], *, ordered: bool) -> bool:
    given = list(dict.fromkeys(roles))
    there = [handle.id for handle in present]
    return given == there if ordered else set(given) == set(there)


def _not_yours_to_share() -> Forbidden:
    return refusals.forbidden("change who may read or write this secret")


def unknown_role(roles: RoleLists) -> Invalid:
    """Which of the lists names a role that is not there, or was deleted."""
    live = queries.live_roles(uuid for listed in roles.values() for uuid in listed)
    faults = [
        Fault(WORDS[permission], "unknown", "has a role that does not exist")
        for permission, listed in roles.items()
        if not live.issuperset(listed)
    ]
    return refusals.invalid(*faults)


def words_of(roles: RoleLists) -> list[str]:
    """The lists by their names on the wire."""
    return [WORDS[permission] for permission in roles]
