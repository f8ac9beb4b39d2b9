"""The tables of S3 vaults: one module a subject, all of them importable from here."""

from __future__ import annotations

from s3vault_app.models.draft import VaultDraft
from s3vault_app.models.grants import PlanRoleGrant, PlanUserGrant, VaultRoleGrant, VaultUserGrant
from s3vault_app.models.health import Probe, UsageSample
from s3vault_app.models.job import Job, JobEvent, JobStep
from s3vault_app.models.keys import EngineIdentity, KeyPair
from s3vault_app.models.machine import Machine
from s3vault_app.models.pool import StoragePlan, StoragePool
from s3vault_app.models.tokens import AccessToken
from s3vault_app.models.vault import Endpoint, Vault

__all__ = [
    "AccessToken",
    "Endpoint",
    "EngineIdentity",
    "Job",
    "JobEvent",
    "JobStep",
    "KeyPair",
    "Machine",
    "PlanRoleGrant",
    "PlanUserGrant",
    "Probe",
    "StoragePlan",
    "StoragePool",
    "UsageSample",
    "Vault",
    "VaultDraft",
    "VaultRoleGrant",
    "VaultUserGrant",
]
