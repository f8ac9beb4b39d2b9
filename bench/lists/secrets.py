"""Shared secrets, those of two people, one-time links and imports; sealed as any other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from bench.lists.copying import copy, ids_since, repeat
from bench.lists.world import World
from secrets_app import names
from secrets_app.models import (
    ImportJob,
    OneTimeLink,
    Secret,
    SecretRoleGrant,
    SecretUserGrant,
    SecretVersion,
)
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.services.secrets import Draft, prepare
from vaultportal.crypto.models import ObjectKey
from vaultportal.identity.grant_tables import numbers

MODELS = (Secret, SecretVersion, SecretRoleGrant, SecretUserGrant, ObjectKey, OneTimeLink)
CHUNK = 5000
TEAMS = 97
ENDING = 1000  # one in so many ends soon
PAYLOAD = Payload.of({"user": "billing", "password": "x" * 32})
COLUMNS = {
    "secrets_app_secret": (
        "id, name, folded, owner_id, author_id, updated_by_id, type, version, revision,"
        " expires_at, created_at, updated_at"
    ),
    "secrets_app_secretversion": (
        "secret_id, number, sealed, outline, size, author_id, reason, created_at"
    ),
    "crypto_object_key": "object_id, scope, data_key_version, wrapped",
    "secrets_app_secretrolegrant": "group_id, permission_id, content_object_id, position",
    "secrets_app_secretusergrant": "user_id, permission_id, content_object_id, position",
}
RANDOM = "uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())"


def fill(world: World, wanted: range) -> None:
    """A shared secret, one of the person and one of the other, for each number."""
    for start in range(wanted.start, wanted.stop, CHUNK):
        chunk = range(start, min(wanted.stop, start + CHUNK))
        copy(_rows(world, chunk), COLUMNS)
    _links(world, wanted)
    for number in world.few(wanted):
        ImportJob.objects.create(
            author=world.person,
            source="dotenv",
            dry_run=False,
            options={"shared": False, "folder": f"import-{number}"},
            state=ImportJob.State.DONE,
            created_at=timezone.now(),
        )


def _rows(world: World, wanted: range) -> dict[str, list[tuple[Any, ...]]]:
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
    read = numbers.on(SecretPermission.READ, Secret)
    own = numbers.on(SecretPermission.OWN, Secret)
    for number in wanted:
        for owner in (None, world.person.pk, world.other.pk):
            _add(rows, number, owner)
            secret_id = rows["secrets_app_secret"][-1][0]
            if owner is None:
                grant = (world.role.pk, read, secret_id, 0)
                rows["secrets_app_secretrolegrant"].append(grant)
            else:
                rows["secrets_app_secretusergrant"].append((owner, own, secret_id, 0))
    return rows


def _add(rows: dict[str, list[tuple[Any, ...]]], number: int, owner: UUID | None) -> None:
    now = timezone.now()
    end = now + timedelta(days=7) if number % ENDING == 2 else None
    made = prepare(Draft(f"svc/team-{number % TEAMS}/{number:07}", PAYLOAD, owner, expires_at=end))
    new, version, author = made.new, made.version, owner or UUID(int=0)
    folded = names.folded(new.name)
    rows["secrets_app_secret"].append(
        (new.id, new.name, folded, owner, author, author, "", 1, 1, end, now, now)
    )
    rows["secrets_app_secretversion"].append(
        (new.id, 1, version.sealed, version.outline, version.size, author, "", now)
    )
    rows["crypto_object_key"].append(
        (new.id, new.key.scope, new.key.data_key_version, bytes(new.key.wrapped))
    )


def _links(world: World, wanted: range) -> None:
    link = OneTimeLink.objects.filter(author_id=world.person.pk).first()
    start = wanted.start
    if link is None:
        secret = Secret.objects.filter(owner=world.person).order_by("name")[0]
        link = OneTimeLink.objects.create(
            secret=secret,
            version=1,
            digest=bytes(32),
            author_id=world.person.pk,
            views_left=1,
            views=1,
            created_at=world.since,
            expires_at=world.since + timedelta(days=7),
        )
        start += 1
    behind = range(start, wanted.stop)
    repeat(link, ids_since(world.since, behind, world.step), start, digest=RANDOM)
