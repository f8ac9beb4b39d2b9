"""Usage of vaults, and what follows from it: a full vault takes nothing new until it has room.

The engine's own quotas answer 500, which clients take for a passing failure and try again; here the
right to write is withdrawn, which is a 403, and works with stores that know no quota too.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from s3vault_app.drivers.base import EngineError, Usage
from s3vault_app.engine import keys, places, probes
from s3vault_app.models import StoragePool, UsageSample, Vault

logger = logging.getLogger(__name__)
# Counting takes a request for a thousand objects: so much of the time may go into it.
OBJECTS_PER_SECOND_OF_PAUSE = 100


def measure_all() -> None:
    """Take a sample of every vault whose time has come, and act on quotas."""
    for pool in StoragePool.objects.live():
        vaults = Vault.objects.live().filter(pool=pool, bucket_made_at__isnull=False)
        due = [vault for vault in vaults if _is_due(vault)]
        if not due or probes.is_away(pool):
            continue
        try:
            _measure(pool, due)
        except EngineError as fault:
            logger.warning("The usage of pool %s is not known: %s", pool.number, fault)


def _is_due(vault: Vault) -> bool:
    pause = timedelta(seconds=vault.object_count / OBJECTS_PER_SECOND_OF_PAUSE)
    return vault.usage_at is None or vault.usage_at + pause <= timezone.now()


def _measure(pool: StoragePool, vaults: list[Vault]) -> None:
    engine = places.engine_of(pool)
    turned = [note(vault, engine.usage(vault.name)) for vault in vaults]
    if any(turned):
        keys.sync_pool(pool.pk)


def note(vault: Vault, usage: Usage) -> bool:
    """Keep a sample; True when the vault has become full, or has room again."""
    vault.size_bytes, vault.object_count = usage.bytes, usage.objects
    vault.usage_at = timezone.now()
    full = bool(vault.quota_bytes) and usage.bytes >= vault.quota_bytes
    turned, vault.read_only = full != vault.read_only, full
    fields = ["size_bytes", "object_count", "usage_at", "read_only", "updated_at"]
    vault.save(update_fields=fields)
    UsageSample.objects.create(vault=vault, bytes=usage.bytes, objects_held=usage.objects)
    return turned
