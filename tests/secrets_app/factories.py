"""Secrets from no arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from secrets_app.payload import Payload
from secrets_app.records import Ref, Written
from secrets_app.services import secrets
from tests.factories import as_admin, unique
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

CANARY = "canary-6f1e0c57"
DATA: Mapping[str, Any] = {"user": "ci", "password": CANARY, "port": 5432}


def uuids(*roles: Role) -> tuple[UUID, ...]:
    return tuple(role.uuid for role in roles)


def make_personal(
    owner: Actor,
    *,
    data: Mapping[str, Any] = DATA,
    readers: tuple[Role, ...] = (),
    writers: tuple[Role, ...] = (),
    **fields: Any,
) -> Written:
    """A secret that ``owner`` made for themselves."""
    fields = {"name": unique("secret"), "payload": Payload.of(data), **fields}
    draft = secrets.Draft(
        owner_id=owner.user_id, read_roles=uuids(*readers), write_roles=uuids(*writers), **fields
    )
    return secrets.create_secret(owner, draft)


def make_shared(
    actor: Actor | None = None,
    *,
    data: Mapping[str, Any] = DATA,
    readers: tuple[Role, ...] = (),
    writers: tuple[Role, ...] = (),
    **fields: Any,
) -> Written:
    """A shared secret, made by an administrator unless ``actor`` is given."""
    fields = {"name": unique("secret"), "payload": Payload.of(data), **fields}
    draft = secrets.Draft(read_roles=uuids(*readers), write_roles=uuids(*writers), **fields)
    return secrets.create_secret(actor or as_admin(), draft)


def ref(secret: Written) -> Ref:
    return Ref(id=secret.id)
