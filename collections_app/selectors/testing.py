"""Would it be allowed? The rule of the data plane, put to one person, and the votes behind it."""

from __future__ import annotations

from dataclasses import dataclass

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import rights
from collections_app.services import guard, outgoing
from vaultportal.directory.permissions import UserPermission
from vaultportal.errors import Unauthenticated
from vaultportal.identity import access, authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User

# What a call of each operation needs of the caller, before any policy is asked.
_NEEDED = {**guard.GRANTED_BY, "read": Capability.OBJECTS_READER}


@dataclass(frozen=True, slots=True)
class Vote:
    """How one policy votes."""

    policy: str
    denies: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """capability: whether the call is let in at all; granted: a grant counts as an allow."""

    who: str
    allowed: bool
    capability: str
    has_capability: bool
    is_granted: bool
    votes: tuple[Vote, ...]


def try_vote(
    actor: Actor, schema: CollectionSchema, who: str, operation: str, key: str, reason: str
) -> Trial | None:
    """What would become of ``operation`` on ``key`` for ``reason``.

    who: a user name, "" for oneself. None when there is nobody whom the actor may look at.
    """
    subject = _subject(actor, who)
    if subject is None:
        return None
    needed = _NEEDED[operation]
    column = outgoing.columns_of(schema, [key])
    names = outgoing.resources_of(schema, column)
    held = rights.of(subject, [schema], needed)
    has_capability = held.may(needed, schema)
    return Trial(
        who=subject.name,
        allowed=has_capability and held.votes(operation, schema, names, needed, reason),
        capability=needed.wire,
        has_capability=has_capability,
        is_granted=schema.id in held.granted[needed],
        votes=tuple(
            Vote(rule.name, rule.denies)
            for each in names
            for rule in subject.policies.voters(operation, each, reason)
        ),
    )


def _subject(actor: Actor, who: str) -> Actor | None:
    if not who or who.casefold() == actor.name.casefold():
        return actor
    if not access.holds(actor, UserPermission.VIEW):
        return None
    user = User.objects.filter(username__iexact=who, is_active=True).first()
    try:
        return authentication.user_actor(user.pk) if user is not None else None
    except Unauthenticated:  # disabled a moment ago
        return None
