"""What a bucket holds, asked of its engine: may the vault go?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import Door, EngineError, EngineUnreachable, Pair
from s3vault_app.drivers.s3_iam import PROOF_PREFIX, IamEngine
from s3vault_app.engine import places
from s3vault_app.models import StoragePool, Vault
from vaultportal.errors import Conflict, Unavailable

# Looked at before the job; what is beyond is the job's to find.
MOST_VERSIONS = 1000


def require_removable(vault: Vault, *, force: bool) -> None:
    """Conflict while the bucket holds objects; with ``force``, while a lock forbids to empty it.

    Raises:
        Unavailable: no endpoint of the engine answers.
    """
    if vault.pool.engine == StoragePool.Engine.STATIC:
        return  # the bucket is the store's own and stays: the vault lets go of it
    try:
        held = list(islice(_versions(vault), MOST_VERSIONS))
        locked = [each for each in held if force and _is_locked(vault, each)]
    except EngineUnreachable as fault:
        message = "The store of the vault does not answer."
        raise Unavailable("vault", message, reason="s3.unreachable") from fault
    except EngineError as fault:
        raise Conflict("vault", f"The store refuses: {fault}", reason="s3.wrong_state") from fault
    if held and not force:
        count = f"{len(held)}" if len(held) < MOST_VERSIONS else f"{MOST_VERSIONS} or more"
        message = f"{count} objects and versions are in the vault. Empty it, or force."
        raise Conflict("vault", message, reason="in_use")
    if locked:
        message = f"{len(locked)} versions in the vault are locked, and cannot be deleted yet."
        raise Conflict("vault", message, reason="in_use")


def _client(vault: Vault) -> tuple[Door, Any]:
    engine = places.engine_of(vault.pool)
    if not isinstance(engine, IamEngine) or not engine.doors:
        raise EngineUnreachable("The store has no endpoint yet.")
    admin: Pair = engine.admin
    return engine.doors[0], s3.s3(engine.doors[0], admin)


def _versions(vault: Vault) -> Iterator[dict[str, Any]]:
    """Versions and markers of deletions, without what proofs left."""
    door, client = _client(vault)
    with s3.talking(door, "Listing the bucket"):
        pages = client.get_paginator("list_object_versions").paginate(Bucket=vault.name)
        for page in pages:
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                if not each["Key"].startswith(PROOF_PREFIX):
                    yield each


def _is_locked(vault: Vault, version: dict[str, Any]) -> bool:
    """Under a COMPLIANCE lock, or held; what governance protects may go with the vault."""
    if "Size" not in version:
        return False  # a marker of a deletion
    door, client = _client(vault)
    with s3.talking(door, "Looking at a lock"):
        found = client.head_object(
            Bucket=vault.name, Key=version["Key"], VersionId=version["VersionId"]
        )
    if found.get("ObjectLockLegalHoldStatus") == "ON":
        return True
    until = found.get("ObjectLockRetainUntilDate")
    return bool(found.get("ObjectLockMode") == "COMPLIANCE" and until and until > datetime.now(UTC))
