"""Who may do what with one vault or one plan: guardian's direct tables, a row a right."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from s3vault_app.models.pool import StoragePlan
from s3vault_app.models.vault import Vault


def _until() -> models.DateTimeField[Any, Any]:
    return models.DateTimeField(_("valid until"), null=True, blank=True)


def _since() -> models.DateTimeField[Any, Any]:
    return models.DateTimeField(_("created"), db_default=Now(), editable=False)


class VaultUserGrant(UserObjectPermissionBase):
    """A right of one person or API client on one vault; ``own_vault`` is made at creation."""

    # No index of their own: the unique constraint begins with the user, nobody asks by permission.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Vault, models.CASCADE, related_name="user_grants", verbose_name=_("vault")
    )
    valid_until = _until()
    created_at = _since()

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("grant of a vault to a person")
        verbose_name_plural = _("grants of vaults to people")


class VaultRoleGrant(GroupObjectPermissionBase):
    """A right of everybody in one role on one vault."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Vault, models.CASCADE, related_name="role_grants", verbose_name=_("vault")
    )
    valid_until = _until()
    created_at = _since()

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("grant of a vault to a role")
        verbose_name_plural = _("grants of vaults to roles")


class PlanUserGrant(UserObjectPermissionBase):
    """A right of one person or API client on one plan."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        StoragePlan, models.CASCADE, related_name="user_grants", verbose_name=_("plan")
    )
    valid_until = _until()
    created_at = _since()

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("grant of a plan to a person")
        verbose_name_plural = _("grants of plans to people")


class PlanRoleGrant(GroupObjectPermissionBase):
    """A right of everybody in one role on one plan."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        StoragePlan, models.CASCADE, related_name="role_grants", verbose_name=_("plan")
    )
    valid_until = _until()
    created_at = _since()

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("grant of a plan to a role")
        verbose_name_plural = _("grants of plans to roles")
