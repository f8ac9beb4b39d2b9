"""Tokens of this wire: each stands on an API key, which has the digest, the end and the user."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.models import ApiKey


class AccessToken(models.Model):
    """A sign-in over this wire (session), or a token that somebody made (token).

    ``id`` is the access token id of the wire; the row goes when its key is deleted.

    type: 2 for everything, 3 for ``endpoints`` only.
    endpoints: beginnings of paths below the base, lower-case; None for all.
    addresses: networks from which it may be used; empty for any.
    refresh_digest: of the refresh token, under the pepper of ``pepper_version``.
    renewable_until: after that no renewal helps.
    """

    class Kind(models.TextChoices):
        SESSION = "session", _("sign-in")
        TOKEN = "token", _("access token")

    id = models.AutoField(primary_key=True)
    key = models.OneToOneField(
        ApiKey, models.CASCADE, related_name="s3_token", verbose_name=_("API key")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = models.CharField(_("name"), max_length=255, blank=True)
    type = models.PositiveSmallIntegerField(_("type"), default=2)
    endpoints = ArrayField(
        models.CharField(max_length=255), null=True, blank=True, verbose_name=_("paths")
    )
    addresses = ArrayField(
        models.CharField(max_length=64), default=list, blank=True, verbose_name=_("networks")
    )
    refresh_digest = models.BinaryField(max_length=32, null=True, unique=True)
    renewable_until = models.DateTimeField(_("renewable until"), null=True, blank=True)

    class Meta:
        verbose_name = _("token of the S3 vault wire")
        verbose_name_plural = _("tokens of the S3 vault wire")

    def __str__(self) -> str:
        return self.name or str(self.pk)
