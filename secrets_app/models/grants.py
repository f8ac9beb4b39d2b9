"""Who may do what with one secret: guardian's direct tables, a row a right.

``read_roles`` and ``write_roles`` of the wire are the role grants of ``read_secret`` and
``write_secret``, in the order of ``position``.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from secrets_app.models.secret import Secret


class SecretUserGrant(UserObjectPermissionBase):
    """A right of one person or API client on one secret; ``own_secret`` is made at creation."""

    # No index of their own: the unique constraint begins with the user, nobody asks by permission.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Secret, models.CASCADE, related_name="user_grants", verbose_name=_("secret")
    )
    position = models.PositiveIntegerField(default=0)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    # Kept as it was, whatever becomes of that account.
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("granted by"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta(UserObjectPermissionBase.Meta):
        unique_together = []
        constraints = [
            # With the end in it, an index that answers lists and counts alone.
            models.UniqueConstraint(
                fields=["user", "permission", "content_object"],
                include=["valid_until"],
                name="secret_user_grant",
            ),
        ]
        verbose_name = _("grant to a person")
        verbose_name_plural = _("grants to people")


class SecretRoleGrant(GroupObjectPermissionBase):
    """A right of everybody in one role on one secret. Roles are retired, so the handle stays."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Secret, models.CASCADE, related_name="role_grants", verbose_name=_("secret")
    )
    position = models.PositiveIntegerField(default=0)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    # Kept as it was, whatever becomes of that account.
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("granted by"),
    )
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta(GroupObjectPermissionBase.Meta):
        unique_together = []
        constraints = [
            # With the end in it, an index that answers lists and counts alone.
            models.UniqueConstraint(
                fields=["group", "permission", "content_object"],
                include=["valid_until"],
                name="secret_role_grant",
            ),
        ]
        verbose_name = _("grant to a role")
        verbose_name_plural = _("grants to roles")
