"""Rows ⇄ the JSON of our own API. Logins, credentials and secrets go in, and never out."""

from __future__ import annotations

from typing import Any

from s3vault_app import hostkeys
from s3vault_app.api import answers
from s3vault_app.models import KeyPair, Machine, Probe, StoragePlan, StoragePool, UsageSample, Vault

Document = dict[str, Any]


def machine(row: Machine) -> Document:
    """A machine, with the fingerprints that a person compares."""
    return {
        "number": row.number,
        "name": row.name,
        "kind": row.kind,
        "host": row.host,
        "port": row.port,
        "user": row.user,
        "public_key": row.public_key,
        "address": row.address,
        "install_root": row.install_root,
        "data_root": row.data_root,
        "ports": row.ports,
        "state": row.state,
        "failure": row.failure,
        "host_key": {
            "accepted": hostkeys.fingerprint(row.host_key),
            "accepted_at": row.host_key_accepted_at,
            "offered": hostkeys.fingerprint(row.offered_host_key),
            "offered_at": row.offered_at,
        },
        "pool": row.pool.number if row.pool else None,
        "role": row.role or None,
        "endpoint": {
            "state": row.engine_state,
            "enabled": row.enabled,
            "version": row.engine_version,
            "url": row.url,
            "certificate_expires_at": row.certificate_expires_at,
        },
        "facts": row.facts,
        "last_seen_at": row.last_seen_at,
        "created_at": row.created_at,
    }


def pool(row: StoragePool) -> Document:
    """A pool without its credentials."""
    return {
        "number": row.number,
        "name": row.name,
        "engine": row.engine,
        "settings": row.settings,
        "state": row.state,
        "failure": row.failure,
        "total_bytes": row.total_bytes,
        "free_bytes": row.free_bytes,
        "checked_at": row.checked_at,
        "comment": row.comment,
        "created_at": row.created_at,
    }


def plan(row: StoragePlan) -> Document:
    """A plan with all its rules."""
    return {
        "number": row.number,
        "name": row.name,
        "pool": row.pool.number,
        "lock_mode": row.lock_mode,
        "retention_days": row.retention_days,
        "versioning": row.versioning,
        "quota_bytes": row.quota_bytes,
        "lifecycle": row.lifecycle,
        "copies": row.copies,
        "region": row.region,
        "vaults": getattr(row, "vault_count", 0),
        "created_at": row.created_at,
    }


def vault(row: Vault) -> Document:
    """A vault with its proof."""
    return {
        **answers.vault_details(row),
        "pool": row.pool.number,
        "state": row.state,
        "failure": row.failure,
        "read_only": row.read_only,
        "usage_at": row.usage_at,
        "proof": {"ok": row.verify_ok, "at": row.verified_at, **row.verify_report},
    }


def probe(row: Probe) -> Document:
    """One look at one endpoint."""
    endpoint = row.endpoint
    return {
        "endpoint": endpoint.machine.name if endpoint.machine else endpoint.url,
        "at": row.at,
        "ok": row.ok,
        "milliseconds": row.milliseconds,
        "failure": row.failure,
    }


def usage(row: UsageSample) -> Document:
    """What a vault held at a time."""
    return {"at": row.at, "bytes": row.bytes, "objects": row.objects_held}


def pair(row: KeyPair) -> Document:
    """A key pair without its secret."""
    return {
        "id": row.pk,
        "access_key_id": row.access_key_id,
        "vault": row.vault.number if row.vault else None,
        "state": row.state,
        "created_at": row.created_at,
        "shown_at": row.shown_at,
        "overlap_until": row.overlap_until,
    }
