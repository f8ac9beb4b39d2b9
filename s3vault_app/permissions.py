"""What may be asked of vaults, plans, pools and machines."""

from __future__ import annotations

from vaultportal.identity.permissions import PermissionEnum


class VaultPermission(PermissionEnum):
    """Rights on vaults.

    VIEW, ADD, CHANGE and DELETE manage and may be held for all vaults at once. USE and BACKUP open
    the data over S3 and come from a grant on the one vault, for administrators as for anybody. USE
    is the wire's predefined role *S3 User*; BACKUP adds what a backup product needs to lock its own
    objects. OWN is given to whoever makes a vault, and opens no data.
    """

    VIEW = "view_vault"
    ADD = "add_vault"
    CHANGE = "change_vault"
    DELETE = "delete_vault"
    OWN = "own_vault"
    USE = "use_vault"
    BACKUP = "backup_vault"


class PlanPermission(PermissionEnum):
    """Rights on storage plans; USE is to make vaults on the one plan."""

    VIEW = "view_storageplan"
    ADD = "add_storageplan"
    CHANGE = "change_storageplan"
    DELETE = "delete_storageplan"
    USE = "use_storageplan"


class PoolPermission(PermissionEnum):
    """Rights on storage pools: the engines that keep the data."""

    VIEW = "view_storagepool"
    ADD = "add_storagepool"
    CHANGE = "change_storagepool"
    DELETE = "delete_storagepool"


class MachinePermission(PermissionEnum):
    """Rights on client machines. CHANGE is also to install an endpoint on one."""

    VIEW = "view_machine"
    ADD = "add_machine"
    CHANGE = "change_machine"
    DELETE = "delete_machine"


class KeyPermission(PermissionEnum):
    """Rights on the S3 keys of others; everybody may see and rotate their own."""

    VIEW = "view_keypair"
    CHANGE = "change_keypair"


class JobPermission(PermissionEnum):
    """Rights on all jobs; who sees a vault sees its jobs without."""

    VIEW = "view_job"
    CHANGE = "change_job"


IMPLIED_BY: dict[PermissionEnum, set[PermissionEnum]] = {
    VaultPermission.VIEW: {
        VaultPermission.CHANGE,
        VaultPermission.DELETE,
        VaultPermission.OWN,
        VaultPermission.USE,
        VaultPermission.BACKUP,
    },
    VaultPermission.CHANGE: {VaultPermission.OWN},
    VaultPermission.DELETE: {VaultPermission.OWN},
    VaultPermission.USE: {VaultPermission.BACKUP},
    PlanPermission.VIEW: {PlanPermission.USE, PlanPermission.CHANGE, PlanPermission.DELETE},
    PlanPermission.USE: {VaultPermission.ADD},
    PoolPermission.VIEW: {PoolPermission.CHANGE, PoolPermission.DELETE},
    MachinePermission.VIEW: {MachinePermission.CHANGE, MachinePermission.DELETE},
    KeyPermission.VIEW: {KeyPermission.CHANGE},
    JobPermission.VIEW: {JobPermission.CHANGE},
}
MODEL_WIDE = {
    VaultPermission.VIEW,
    VaultPermission.ADD,
    VaultPermission.CHANGE,
    VaultPermission.DELETE,
    *PlanPermission,
    *PoolPermission,
    *MachinePermission,
    *KeyPermission,
    *JobPermission,
}
