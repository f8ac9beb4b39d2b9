"""Roles, and who is in them from when to when."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.fields import doer
from vaultportal.identity.ids import uuid7
from vaultportal.identity.models.policy import Policy

# The two roles that every portal has (see ``vaultportal.identity.builtin``).
ADMIN = "privx-admin"
EVERYONE = "privx-user"


class RoleQuerySet(models.QuerySet["Role"]):
    def live(self) -> RoleQuerySet:
        """The roles that open something: not retired."""
        return self.filter(deleted_at=None)

    def get_by_natural_key(self, name: str) -> Role:
        return self.get(name=name)


class Role(Group):
    """A group of people and API clients, with what it may do.

    The inherited ``id`` is the int32 number of the role for dialects that know only numbers.
    A role is retired, never erased: ``deleted_at`` is set, memberships and permissions go, the name
    becomes free, and the handles that other rows keep stay and open nothing.

    wire: fields that a dialect's clients send and expect back unchanged (unknown permissions,
        source rules, context).
    trusted_roles: roles whose holders may act in the name of this one.
    needs_factor: nothing opens for its people until they have a second factor.
    """

    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    comment = models.TextField(_("comment"), blank=True)
    system = models.BooleanField(_("built in"), default=False, editable=False)
    needs_factor = models.BooleanField(_("its people need a second factor"), default=False)
    wire = models.JSONField(default=dict, blank=True, editable=False)
    policies = models.ManyToManyField(
        Policy, blank=True, related_name="roles", verbose_name=_("policies")
    )
    trusted_roles = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="trusted_by",
        verbose_name=_("trusted roles"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    author = doer(_("author"))
    updated_by = doer(_("updated by"))
    deleted_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)

    objects = RoleQuerySet.as_manager()  # type: ignore[assignment,misc]  # of roles, not of groups

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")

    @property
    def number(self) -> int:
        return self.pk


class Membership(models.Model):
    """One user in one role, for good or for a time. Both ends are compared when rights are read."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_index=False,  # the unique constraint begins with it
        related_name="memberships",
        verbose_name=_("user"),
    )
    group = models.ForeignKey(
        Group, models.CASCADE, related_name="memberships", verbose_name=_("role")
    )
    granted_by = doer(_("granted by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "group"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_until=None)
                | Q(valid_from__lt=F("valid_until")),
                name="membership_begins_before_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id}"
