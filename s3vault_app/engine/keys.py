"""What engines know of people is made what it should be: pairs and rights, by comparison.

``sync`` may be called at any time, by anybody, twice: it talks to an engine only where what was
applied differs from what is wanted. Its calls take milliseconds and reach every endpoint, since all
of a pool share one store of identities. It needs no login to a machine, so that the process that
answers a rotation may call it before it answers.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from s3vault_app import identities
from s3vault_app.drivers.base import Engine, EngineError, Pair, Right
from s3vault_app.engine import places
from s3vault_app.models import EngineIdentity, StoragePool, Vault

logger = logging.getLogger(__name__)


def sync(user_ids: Collection[UUID] | None = None) -> int:
    """Bring every engine to what is wanted, for these users or for all; how many it could not."""
    return sum(sync_pool(pool.pk, user_ids) for pool in StoragePool.objects.live().only("pk"))


def sync_pool(pool_id: UUID, user_ids: Collection[UUID] | None = None) -> int:
    """The same for one pool. An engine that is away is asked again by the beat."""
    # Who waits for the lock compares with what is wanted after it, so the latest wish wins.
    with transaction.atomic():
        pool = StoragePool.objects.select_for_update().get(pk=pool_id)
        full = set(
            Vault.objects.live().filter(pool=pool, read_only=True).values_list("name", flat=True)
        )
        wanted = {
            name: replace(wish, vaults=_narrowed(wish.vaults, full))
            for name, wish in identities.wanted(pool, user_ids).items()
        }
        known = EngineIdentity.objects.filter(pool=pool)
        if user_ids is not None:
            known = known.filter(user_id__in=user_ids)
        rows = {row.name: row for row in known}
        late = [
            name
            for name in sorted({*wanted, *rows})
            if name not in rows
            or name not in wanted
            or rows[name].applied != wanted[name].as_applied()
        ]
        if not late or not _has_doors(pool):
            return 0
        engine = places.engine_of(pool)
        if "iam_users" not in engine.capabilities:
            return 0
        return sum(
            not _apply(engine, pool, name, wanted.get(name), rows.get(name)) for name in late
        )


def forget_pool(pool: StoragePool) -> None:
    """The engine is gone, and with it all that it knew."""
    EngineIdentity.objects.filter(pool=pool).delete()


def _has_doors(pool: StoragePool) -> bool:
    return bool((pool.secrets or not pool.installs) and places.doors_of(pool))


def _apply(
    engine: Engine,
    pool: StoragePool,
    name: str,
    wish: identities.Wanted | None,
    row: EngineIdentity | None,
) -> bool:
    try:
        if wish is None:
            engine.forget_identity(name)
            if row is not None:
                row.delete()
            return True
        pairs = [Pair(pair.access_key_id, str(pair.secret)) for pair in wish.pairs]
        engine.ensure_identity(name, pairs, {each: _right(wish, each) for each in wish.vaults})
    except EngineError as fault:
        logger.warning("The engine of pool %s was not told of %s: %s", pool.number, name, fault)
        EngineIdentity.objects.update_or_create(
            pool=pool,
            name=name,
            defaults={"failure": str(fault)[:450]},
            create_defaults={
                "failure": str(fault)[:450],
                "user_id": wish.user_id if wish else None,
            },
        )
        return False
    EngineIdentity.objects.update_or_create(
        pool=pool,
        name=name,
        defaults={
            "user_id": wish.user_id,
            "applied": wish.as_applied(),
            "applied_at": timezone.now(),
            "failure": "",
        },
    )
    return True


def _narrowed(vaults: Mapping[str, str], full: Collection[str]) -> dict[str, str]:
    """A full vault gives and takes back, and takes nothing new."""
    return {bucket: "read" if bucket in full else right for bucket, right in vaults.items()}


def _right(wish: identities.Wanted, bucket: str) -> Right:
    right = wish.vaults[bucket]
    return "backup" if right == "backup" else "read" if right == "read" else "use"
