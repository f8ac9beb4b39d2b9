"""Rows by their ids, for services that have checked the right already; locked for a change.

These are no doors: they ask nobody. Edges use selectors and services.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from vaultportal.errors import Fault, Invalid, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiClient, Role, User


def principal(user_id: UUID, *, noun: str = "user") -> User:
    """Anybody, a person or a client, locked until the transaction ends."""
    return _locked(User.objects.all(), user_id, noun)


def person(user_id: UUID) -> User:
    """A person, locked until the transaction ends."""
    return _locked(User.objects.filter(kind=User.Kind.PERSON), user_id, "user")


def program(user_id: UUID) -> User:
    """An account of a program, locked until the transaction ends."""
    return _locked(User.objects.filter(kind=User.Kind.CLIENT), user_id, "API client")


def client_unlocked(client_id: UUID) -> ApiClient:
    """An API client with its user, to be read."""
    found = ApiClient.objects.select_related("user").filter(pk=client_id).first()
    if found is None:
        raise NotFound("API client")
    return found


def client(client_id: UUID) -> ApiClient:
    """An API client with its user, both locked until the transaction ends."""
    found = (
        ApiClient.objects.select_related("user")
        .select_for_update(of=("self", "user"))
        .filter(pk=client_id)
        .first()
    )
    if found is None:
        raise NotFound("API client")
    return found


def role(role_id: UUID) -> Role:
    """A live role, locked until the transaction ends."""
    found = Role.objects.live().select_for_update(of=("self",)).filter(uuid=role_id).first()
    if found is None:
        raise NotFound("role")
    return found


def role_of_group(number: int) -> Role:
    """The role whose number this is, retired or not."""
    return Role.objects.get(pk=number)


def live_roles() -> QuerySet[Role]:
    """The roles that can be given, by name."""
    return Role.objects.live().order_by("name")


def roles(role_ids: Sequence[UUID], property_name: str = "roles") -> dict[UUID, Role]:
    """The live roles with these ids; Invalid with a fault for each that is not there."""
    found = {each.uuid: each for each in Role.objects.live().filter(uuid__in=role_ids)}
    faults = tuple(
        Fault(f"{property_name}.{index}.id", "unknown", "is not a role")
        for index, role_id in enumerate(role_ids)
        if role_id not in found
    )
    if faults:
        raise Invalid(message="A role does not exist.", faults=faults)
    return found


def author(actor: Actor) -> UUID | None:
    """The actor's user id for a column that names who did it; None for one who has no row."""
    return None if actor.kind in ("system", "token") else actor.user_id


def _locked(users: QuerySet[User], user_id: UUID, noun: str) -> User:
    found = users.select_for_update(of=("self",)).filter(pk=user_id).first()
    if found is None:
        raise NotFound(noun)
    return found
