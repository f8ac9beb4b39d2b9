"""A vault that somebody is about to order, step by step."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class VaultDraft(models.Model):
    """One of a person: it waits until it is ordered or thrown away, whatever browser they use.

    Everything is named by the numbers of the wire and is checked when it is ordered: what was
    chosen may be gone by then.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name"), max_length=63, blank=True)
    plan = models.IntegerField(_("plan"), null=True, blank=True)
    machines = ArrayField(
        models.IntegerField(), default=list, blank=True, verbose_name=_("machines")
    )
    owners = ArrayField(models.IntegerField(), default=list, blank=True, verbose_name=_("people"))
    groups = ArrayField(models.IntegerField(), default=list, blank=True, verbose_name=_("roles"))
    rotate_keys = models.BooleanField(_("new keys"), default=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("draft of a vault")
        verbose_name_plural = _("drafts of vaults")

    def __str__(self) -> str:
        return self.name or str(self.pk)
