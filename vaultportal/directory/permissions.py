"""Rights over people, roles, clients, keys and policies: all of them management, none opens data.

Whoever may hand out roles may hand out any, so ``RolePermission.CHANGE`` equals full power (PrivX
contract, section 2); the built-in roles are the only ones that carry it.
"""

from __future__ import annotations

from vaultportal.identity.permissions import PermissionEnum


class UserPermission(PermissionEnum):
    __app_label__ = "identity"

    VIEW = "view_user"
    ADD = "add_user"
    CHANGE = "change_user"
    DELETE = "delete_user"


class RolePermission(PermissionEnum):
    __app_label__ = "identity"

    VIEW = "view_role"
    ADD = "add_role"
    CHANGE = "change_role"
    DELETE = "delete_role"


class ApiClientPermission(PermissionEnum):
    __app_label__ = "identity"

    VIEW = "view_apiclient"
    ADD = "add_apiclient"
    CHANGE = "change_apiclient"
    DELETE = "delete_apiclient"


class ApiKeyPermission(PermissionEnum):
    __app_label__ = "identity"

    VIEW = "view_apikey"
    ADD = "add_apikey"
    CHANGE = "change_apikey"
    DELETE = "delete_apikey"


class PolicyPermission(PermissionEnum):
    __app_label__ = "identity"

    VIEW = "view_policy"
    ADD = "add_policy"
    CHANGE = "change_policy"
    DELETE = "delete_policy"


class SettingPermission(PermissionEnum):
    __app_label__ = "directory"

    VIEW = "view_setting"
    CHANGE = "change_setting"
    VIEW_SOURCES = "view_source"


class DataKeyPermission(PermissionEnum):
    """Rights on the keys that seal: to see that they are there, to rotate them, to end old ones."""

    __app_label__ = "crypto"

    VIEW = "view_datakey"
    CHANGE = "change_datakey"
    DELETE = "delete_datakey"


IMPLIED_BY = {
    UserPermission.VIEW: {UserPermission.CHANGE, UserPermission.DELETE},
    RolePermission.VIEW: {RolePermission.CHANGE, RolePermission.DELETE},
    ApiClientPermission.VIEW: {ApiClientPermission.CHANGE, ApiClientPermission.DELETE},
    ApiKeyPermission.VIEW: {ApiKeyPermission.CHANGE, ApiKeyPermission.DELETE},
    PolicyPermission.VIEW: {PolicyPermission.CHANGE, PolicyPermission.DELETE},
    SettingPermission.VIEW: {SettingPermission.CHANGE},
    DataKeyPermission.VIEW: {DataKeyPermission.CHANGE, DataKeyPermission.DELETE},
}
