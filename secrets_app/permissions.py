"""What may be asked of secrets."""

from __future__ import annotations

from vaultportal.identity.permissions import PermissionEnum


class SecretPermission(PermissionEnum):
    """Rights on secrets.

    VIEW, ADD, CHANGE and DELETE manage the record and may be held for all secrets at once: that is
    what the wire calls vault-add (ADD) and vault-manage (all four). READ, WRITE and OWN touch the
    plaintext and come from a grant on the one secret, for administrators as for anybody.

    CHANGE is asked for shared secrets, where managers may replace; WRITE for personal ones, where
    they may not.
    """

    VIEW = "view_secret"
    ADD = "add_secret"
    CHANGE = "change_secret"
    DELETE = "delete_secret"
    READ = "read_secret"
    WRITE = "write_secret"
    OWN = "own_secret"


class SecretTypePermission(PermissionEnum):
    """Rights on the types that an installation makes for itself; everybody may see them."""

    ADD = "add_secrettype"
    CHANGE = "change_secrettype"
    DELETE = "delete_secrettype"


IMPLIED_BY = {
    SecretPermission.VIEW: {SecretPermission.READ, SecretPermission.WRITE, SecretPermission.OWN},
    SecretPermission.CHANGE: {SecretPermission.WRITE, SecretPermission.OWN},
    SecretPermission.DELETE: {SecretPermission.OWN},
    SecretPermission.READ: {SecretPermission.OWN},
    SecretPermission.WRITE: {SecretPermission.OWN},
}
MODEL_WIDE = {
    SecretPermission.VIEW,
    SecretPermission.ADD,
    SecretPermission.CHANGE,
    SecretPermission.DELETE,
    *SecretTypePermission,
}
