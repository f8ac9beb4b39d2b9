"""Audit entries in a chain that verifies: each is linked to the one before it, as any other."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from bench.lists.copying import ids_since
from bench.lists.world import World
from vaultportal.audit import chain
from vaultportal.audit.entry import Document, Note, Target
from vaultportal.audit.models import AuditEntry, Export, Verification

MODELS = (AuditEntry,)
CHUNK = 2000
ACTIONS = ("secret.read", "secret.list", "object.read", "token.read", "user.sign_in", "role.read")
REASONS = ("Maintenance", "Marketing", "AccountManagement", "")
NEEDLE = 5000  # one in so many is about a thing of that name


def fill(world: World, wanted: range) -> None:
    """An entry for each number, over the last month; a few readings and exports."""
    for start in range(wanted.start, wanted.stop, CHUNK):
        chunk = range(start, min(wanted.stop, start + CHUNK))
        with transaction.atomic(), connection.cursor() as cursor:
            place = chain.preference()
            cursor.execute(chain.TAKE_FREE_HEAD, [place])
            head = chain.head_of(cursor.fetchone(), cursor, place)
            chain.append(cursor, head, _documents(world, chunk))
    now, person = timezone.now(), world.person
    for _ in world.few(wanted):
        asked = {"asked_by": person.pk, "asked_name": person.username}
        Verification.objects.create(state="whole", total=0, ended_at=now, **asked)
        Export.objects.create(state="taken", format="csv", upper=UUID(int=0), taken_at=now, **asked)


def _documents(world: World, wanted: range) -> list[Document]:
    ids = ids_since(world.since, wanted, world.step)
    return [_document(world, number, id_) for number, id_ in zip(wanted, ids, strict=True)]


def _document(world: World, number: int, entry_id: UUID) -> Document:
    actor = world.actor.with_(
        reason=REASONS[number % len(REASONS)], address=f"192.0.2.{number % 250}"
    )
    name = "needle" if number % NEEDLE == 2 else f"svc/team-{number % 97}"
    target = Target("secret", f"{number:032x}", name)
    note = Note(actor, ACTIONS[number % len(ACTIONS)], target)
    return note.document(entry_id, world.since + world.step * number)
