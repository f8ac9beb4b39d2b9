"""Votes on parts of rows: what a role may do to which named resources, and for which reasons."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class Policy(models.Model):
    """Allows or denies operations on resources for reasons; says nothing about all others.

    operations, reasons: names, or ``*`` for all.
    resources: globs; ``*`` is any run of characters, ``?`` one, ``\\`` takes the next literally.

    Source: the policies of Piiano Vault's IAM file.
    """

    class Type(models.TextChoices):
        ALLOW = "allow", _("Allow")
        DENY = "deny", _("Deny")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=255, unique=True)
    policy_type = models.CharField(_("type"), max_length=5, choices=Type.choices)
    operations = ArrayField(models.CharField(max_length=64), verbose_name=_("operations"))
    reasons = ArrayField(models.CharField(max_length=255), verbose_name=_("reasons"))
    resources = ArrayField(models.CharField(max_length=1024), verbose_name=_("resources"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(policy_type__in=["allow", "deny"]), name="policy_type_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
