"""Who may do what with one subscription: guardian's direct tables, a row a right."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from triggers_app.models.subscription import Subscription


class SubscriptionUserGrant(UserObjectPermissionBase):
    """A right of one person or client; ``own_subscription`` is made at creation."""

    # No index of their own: the unique constraint begins with the user, nobody asks by permission.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Subscription, models.CASCADE, related_name="user_grants", verbose_name=_("subscription")
    )
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("grant to a person")
        verbose_name_plural = _("grants to people")
        default_permissions = ("view",)


class SubscriptionRoleGrant(GroupObjectPermissionBase):
    """A right of everybody in one role."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False)
    permission = models.ForeignKey(Permission, models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Subscription, models.CASCADE, related_name="role_grants", verbose_name=_("subscription")
    )
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta(GroupObjectPermissionBase.Meta):
        verbose_name = _("grant to a role")
        verbose_name_plural = _("grants to roles")
        default_permissions = ("view",)
