"""What an API client, or a program of a person, presents."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.fields import doer
from vaultportal.identity.ids import uuid7


class ApiClient(models.Model):
    """What makes a user of kind ``client`` one: a secret that its programs sign in with.

    The id of the client is the id of the user. The secret can be shown again, because clients of
    one dialect read it back after creation, so it is sealed and not hashed.

    expires_at: from then on the secret opens nothing; None for never.
    previous_secret: opens as well until ``previous_until``, for programs that are changed after it.
    last_used_at: when a token was last taken with the secret, noted once a minute at most.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="api_client",
        verbose_name=_("user"),
    )
    secret = VaultTextField()
    previous_secret = VaultTextField(null=True)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    author = doer(_("author"))
    updated_by = doer(_("updated by"))

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")

    def __str__(self) -> str:
        return str(self.pk)

    def has_ended(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class ApiKey(models.Model):
    """A bearer key. Only its peppered digest is kept, so a copy of the table cannot test guesses.

    digest: ``crypto.blind_index.hmac_digest("api_key", key)``.
    pepper_version: of the digest; a key under an old pepper is digested anew at its next use.
    prefix: the first characters, for a person to tell keys apart; never enough to use one.
    scopes: what it is narrowed to (``app_label.codename``, ``app_label.*``); None for all.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="api_keys",
        verbose_name=_("user"),
    )
    digest = models.BinaryField(max_length=32, unique=True)
    pepper_version = models.PositiveIntegerField(editable=False)
    prefix = models.CharField(_("begins with"), max_length=16, editable=False)
    label = models.CharField(_("label"), max_length=255, blank=True)
    scopes = ArrayField(
        models.CharField(max_length=255), null=True, blank=True, verbose_name=_("scopes")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return self.label or self.prefix
