"""Who acts, with which credential, and what they may do for all rows at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from vaultportal.identity.policies import NO_POLICIES, Policies


@dataclass(frozen=True, slots=True)
class Credential:
    """What the actor came with.

    kind: ``session``, ``api_key``, ``oauth``, ``system``, ``invocation``, or ``job`` for what a
        person has asked for and a worker does.
    id: of the row that it is; never the secret itself.
    scopes: what it is narrowed to (``app_label.codename``, ``app_label.*``); None for all that its
        owner may do.
    client_id: the OAuth client program that asked for it, "" for none.
    """

    kind: str
    id: str
    scopes: frozenset[str] | None = None
    client_id: str = ""


class Everything(frozenset[str]):
    """The triggers of which nobody knows whether they are gated: each of them asks."""

    def __contains__(self, name: object) -> bool:
        return True


def gated_by(names: Iterable[str] | None) -> frozenset[str]:
    """``Actor.gated`` of the column of the identity epoch."""
    return Everything() if names is None else frozenset(names)


@dataclass(frozen=True, slots=True)
class Actor:
    """The first argument of every door. Services see this, and never a request.

    number: the user's int32 number, for dialects that know only numbers.
    role_ids: the roles in force now, with the one that everybody has; ``Group.id`` of each.
    permissions: full names held for all rows through these roles.
    policies: the roles' votes, for ``access.vote``.
    gated: triggers that a gate binds to some operation; an operation asks no further when its own
        is not among them (``vaultportal.events.gates``).
    networks: where requests with its credentials may come from; empty for anywhere.
    asker: who stands behind an actor that acts with other rights (an action's role): a gate asks
        because of that one.
    reason, note, custom_audit: what the caller says of this one call; they go into the trail.
    """

    user_id: UUID
    number: int
    name: str
    kind: str
    role_ids: tuple[int, ...]
    permissions: frozenset[str]
    is_staff: bool
    is_superuser: bool
    credential: Credential
    request_id: str = ""
    address: str = ""
    user_agent: str = ""
    reason: str = ""
    note: str = ""
    custom_audit: str = ""
    policies: Policies = field(default=NO_POLICIES, repr=False, compare=False)
    gated: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()
    asker: Actor | None = field(default=None, repr=False, compare=False)

    def with_(self, **changes: Any) -> Actor:
        """The same actor with other values of some fields."""
        return replace(self, **changes)


SYSTEM = Actor(
    user_id=UUID(int=0),
    number=0,
    name="system",
    kind="system",
    role_ids=(),
    permissions=frozenset(),
    is_staff=False,
    is_superuser=True,
    credential=Credential(kind="system", id=""),
)


def system() -> Actor:
    """The portal itself: sweeps, set-up and commands. It manages, and reads no plaintext."""
    return SYSTEM
