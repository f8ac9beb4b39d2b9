"""How endpoints and vaults fared: samples that beat takes, kept for a time."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from s3vault_app.models.vault import Endpoint, Vault


class Probe(models.Model):
    """One signed request to one endpoint. milliseconds: None when no answer came."""

    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="probes", db_index=False, verbose_name=_("endpoint")
    )
    at = models.DateTimeField(_("at"), db_default=Now())
    ok = models.BooleanField(_("answered"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True)
    failure = models.CharField(_("failure"), max_length=450, blank=True)

    class Meta:
        verbose_name = _("probe")
        verbose_name_plural = _("probes")
        indexes = [
            models.Index(fields=["endpoint", "-at"], name="s3_probe_newest"),
            models.Index(fields=["at"], name="s3_probe_old"),  # for the sweep
        ]

    def __str__(self) -> str:
        return f"{self.at}: {self.ok}"


class UsageSample(models.Model):
    """What a vault held at a time. bytes: of all versions."""

    vault = models.ForeignKey(
        Vault, models.CASCADE, related_name="usage", db_index=False, verbose_name=_("vault")
    )
    at = models.DateTimeField(_("at"), db_default=Now())
    bytes = models.BigIntegerField(_("bytes"))
    objects_held = models.BigIntegerField(_("objects"))

    class Meta:
        verbose_name = _("sample of usage")
        verbose_name_plural = _("samples of usage")
        indexes = [
            models.Index(fields=["vault", "-at"], name="s3_usage_newest"),
            models.Index(fields=["at"], name="s3_usage_old"),
        ]

    def __str__(self) -> str:
        return f"{self.at}: {self.bytes}"
