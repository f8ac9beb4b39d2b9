"""The roles that this wire knows by number: sets of rights, given on a vault or for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from s3vault_app.permissions import VaultPermission
from vaultportal.identity.permissions import PermissionEnum


@dataclass(frozen=True, slots=True)
class WireRole:
    """rights: of the portal; each alone makes somebody have the role on a vault.

    actions: what the wire calls what the role may do.
    """

    id: int
    name: str
    rights: tuple[PermissionEnum, ...]
    actions: tuple[str, ...]


S3_USER = WireRole(
    1,
    "S3 User",
    (VaultPermission.USE,),
    ("S3_putObject", "S3_getObject", "S3_listBucket", "S3_deleteObject"),
)
S3_BACKUP = WireRole(
    2,
    "S3 Backup with immutability",
    (VaultPermission.BACKUP,),
    (*S3_USER.actions, "S3_putObjectRetention", "S3_putObjectLegalHold"),
)
VAULT_ADMIN = WireRole(
    3,
    "Vault admin",
    (VaultPermission.OWN, VaultPermission.CHANGE),
    ("Vault_management",),
)

ROLES = (S3_USER, S3_BACKUP, VAULT_ADMIN)
