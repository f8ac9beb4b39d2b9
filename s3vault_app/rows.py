"""Rows by the numbers of the wire, for services that have checked the right or do so next.

These are no doors: they ask nobody. Edges use selectors and services.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from s3vault_app.models import Machine, StoragePlan, StoragePool
from vaultportal.errors import NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

M = TypeVar("M", bound=Model)

# How a number that names nothing is told of: see the dialect.
UNKNOWN_ID = "s3.unknown_id"
UNKNOWN_NAME = "s3.unknown_name"
UNKNOWN_USER = "s3.unknown_user"


def plan(number: int) -> StoragePlan:
    """A live plan with its pool, locked until the transaction ends: it cannot go meanwhile."""
    plans = StoragePlan.objects.live().select_related("pool").select_for_update(of=("self",))
    return _one(plans.filter(number=number), "plan")


def pool(number: int) -> StoragePool:
    """A live pool, locked until the transaction ends."""
    return _one(StoragePool.objects.live().select_for_update().filter(number=number), "pool")


def machines(numbers: Iterable[int]) -> list[Machine]:
    """Live machines in the order of ``numbers``, each once and locked; NotFound for any other."""
    wanted = list(dict.fromkeys(numbers))
    # In one order for all, so that two orders over the same machines cannot deadlock.
    rows = Machine.objects.live().select_for_update().filter(number__in=wanted).order_by("number")
    found = {row.number: row for row in rows}
    if len(found) < len(wanted):
        raise NotFound("client", "No client has this id.", reason=UNKNOWN_ID)
    return [found[number] for number in wanted]


def machines_unlocked(numbers: Iterable[int]) -> list[Machine]:
    """Live machines by number, to be read; NotFound for any that is not there."""
    wanted = list(dict.fromkeys(numbers))
    found = {row.number: row for row in Machine.objects.live().filter(number__in=wanted)}
    if len(found) < len(wanted):
        raise NotFound("client", "No client has this id.", reason=UNKNOWN_ID)
    return [found[number] for number in wanted]


def users(numbers: Iterable[int]) -> list[User]:
    """Users in the order of ``numbers``, each once; NotFound for any other."""
    wanted = list(dict.fromkeys(numbers))
    found = {row.number: row for row in User.objects.filter(number__in=wanted)}
    if len(found) < len(wanted):
        raise NotFound("user", "No user has this id.", reason=UNKNOWN_USER)
    return [found[number] for number in wanted]


def roles(numbers: Iterable[int]) -> list[Role]:
    """Live roles in the order of ``numbers``, each once; NotFound for any other."""
    wanted = list(dict.fromkeys(numbers))
    found = {row.pk: row for row in Role.objects.live().filter(pk__in=wanted)}
    if len(found) < len(wanted):
        raise NotFound("user group", "No user group has this id.", reason=UNKNOWN_ID)
    return [found[number] for number in wanted]


def author(actor: Actor) -> UUID | None:
    """The actor's id for a column that names who did it; None for the portal itself."""
    return None if actor.kind == "system" else actor.user_id


def ids(rows: Sequence[Model]) -> list[str]:
    """The keys of ``rows`` as text, for options of jobs."""
    return [str(row.pk) for row in rows]


def _one(rows: QuerySet[M], noun: str) -> M:
    found = rows.first()
    if found is None:
        raise NotFound(noun, f"No {noun} has this id.", reason=UNKNOWN_ID)
    return found
