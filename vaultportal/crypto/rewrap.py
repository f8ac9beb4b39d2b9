"""Renew what older data keys still wrap or seal, in batches, while everything stays readable.

Each batch is one transaction, and the rows themselves say what is left: a job that was killed is
simply run again, and several may run at once, each taking rows that no other holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models import BinaryField, F, Func, Model, Q, QuerySet, Value

from vaultportal.crypto import keyring
from vaultportal.crypto.errors import KeyGone, Tampered
from vaultportal.crypto.fields import SCOPE as FIELD_SCOPE
from vaultportal.crypto.fields import VaultField, vault_fields
from vaultportal.crypto.models import DataKey, KeyState, ObjectKey, RootKeyVersion

BATCH = 500
# Damaged, or under a key that is gone: named in the end, and left as it is.
UNREADABLE = (Tampered, KeyGone)


@dataclass(slots=True)
class Progress:
    """What a job did: ``done`` keys or cells renewed; ``broken`` names those that do not open."""

    done: int = 0
    broken: list[str] = field(default_factory=list)


def data_keys_to_rewrap() -> QuerySet[DataKey]:
    """Those that are wrapped by another root key than the active one."""
    active = RootKeyVersion.objects.get(state=KeyState.ACTIVE)
    present = Q(provider=active.provider, kek_version=active.version)
    return DataKey.objects.exclude(state=KeyState.DESTROYED).exclude(present)


def rewrap_data_keys(batch: int = BATCH) -> Iterator[Progress]:
    """Wrap every data key by the active root key; yields after each batch."""
    progress = Progress()
    while _rewrap_data_key_batch(batch, progress):
        yield progress


def _rewrap_data_key_batch(batch: int, progress: Progress) -> bool:
    with transaction.atomic(durable=True):
        active = RootKeyVersion.objects.get(state=KeyState.ACTIVE)
        rows = data_keys_to_rewrap().select_for_update(skip_locked=True)
        taken = list(rows.exclude(pk__in=progress.broken).order_by("pk")[:batch])
        for row in taken:
            try:
                keyring.rewrap_data_key(row, (active.provider, active.version))
            except UNREADABLE:
                progress.broken.append(str(row.pk))
                continue
            row.save(update_fields=["wrapped", "provider", "kek_version"])
            progress.done += 1
    return bool(taken)


def object_keys_to_rewrap() -> int:
    """How many are still wrapped by a data key that no longer seals."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_OUTDATED}")
        return int(cursor.fetchone()[0])


_OUTDATED = (
    "FROM crypto_object_key o JOIN crypto_data_key d"
    " ON d.scope = o.scope AND d.version = o.data_key_version AND d.state = 'decrypt_only'"
)
_NEXT_OUTDATED = (
    f"SELECT o.object_id, o.scope, o.data_key_version, o.wrapped {_OUTDATED}"
    " WHERE o.object_id > %s ORDER BY o.object_id LIMIT %s FOR UPDATE OF o SKIP LOCKED"
)
_STORE_REWRAPPED = (
    "UPDATE crypto_object_key o SET wrapped = new.wrapped, data_key_version = new.version"
    " FROM unnest(%s::uuid[], %s::bytea[], %s::int[]) AS new(id, wrapped, version)"
    " WHERE o.object_id = new.id"
)


def rewrap_object_keys(batch: int = BATCH) -> Iterator[Progress]:
    """Wrap every object key by the active data key of its scope; yields after each batch.

    Cells are not touched. Several may run at once: each takes rows that no other holds.
    """
    keyring.refresh()  # a rotation elsewhere may be younger than what is known here
    progress = Progress()
    before = -1
    while progress.done > before:  # rows that another held in one walk are met in the next
        before = progress.done
        cursor: UUID | None = UUID(int=0)
        while cursor is not None:
            cursor = _rewrap_object_key_batch(cursor, batch, progress)
            yield progress


def _rewrap_object_key_batch(after: UUID, batch: int, progress: Progress) -> UUID | None:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_NEXT_OUTDATED, [after, batch])
        rows = [ObjectKey(*row) for row in cursor.fetchall()]
        renewed: list[ObjectKey] = []
        for row in rows:
            try:
                renewed.append(keyring.rewrap_object_key(row))
            except UNREADABLE:
                name = str(row.object_id)
                if name not in progress.broken:
                    progress.broken.append(name)
        if renewed:
            cursor.execute(
                _STORE_REWRAPPED,
                [
                    [row.object_id for row in renewed],
                    [row.wrapped for row in renewed],
                    [row.data_key_version for row in renewed],
                ],
            )
        progress.done += len(renewed)
    return rows[-1].object_id if rows else None


def reseal_vault_fields(batch: int = BATCH) -> Iterator[Progress]:
    """Seal every value of a vault field under the active key; yields after each batch."""
    keyring.refresh()
    total = Progress()
    newest = keyring.active_version(FIELD_SCOPE).to_bytes(4, "big")
    for model in apps.get_models():
        for vault_field in vault_fields(model):
            own = Progress()  # broken holds primary keys here, of one type
            while _reseal_batch(model, vault_field, newest, batch, own):
                yield Progress(total.done + own.done, total.broken + own.broken)
            total.done += own.done
            total.broken += [f"{vault_field} {key}" for key in own.broken]
    yield total


def _reseal_batch(
    model: type[Model], vault: VaultField, newest: bytes, batch: int, progress: Progress
) -> bool:
    version = Func(
        F(vault.name), Value(3), Value(4), function="substring", output_field=BinaryField()
    )
    rows = model._base_manager.annotate(key_version=version).exclude(key_version=newest)
    rows = rows.exclude(**{f"{vault.name}__isnull": True}).exclude(pk__in=progress.broken)
    with transaction.atomic(durable=True):
        locked = rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        taken = list(locked[:batch])
        for row in taken:
            try:
                sealed = vault.reseal(row, vault.held(row))
            except UNREADABLE:
                progress.broken.append(str(row.pk))
                continue
            model._base_manager.filter(pk=row.pk).update(**{vault.name: sealed})
            progress.done += 1
    return bool(taken)
