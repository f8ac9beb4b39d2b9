"""One-time links."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from secrets_app.models.secret import Secret
from vaultportal.identity.ids import uuid7


class OneTimeLink(models.Model):
    """A way to read one version of a secret a few times, for whoever holds the link.

    digest: keyed hash of the token; the token itself is shown once and kept nowhere.
    passphrase: slow hash, or empty.
    receiver: when set, only this person may open it, signed in.
    attempts: wrong passphrases so far; too many close the link.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    secret = models.ForeignKey(
        Secret, models.CASCADE, related_name="links", verbose_name=_("secret")
    )
    version = models.PositiveIntegerField(_("version"))
    digest = models.BinaryField(unique=True, editable=False)
    passphrase = models.CharField(max_length=255, blank=True, default="", editable=False)
    receiver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("receiver"),
    )
    author_id = models.UUIDField(_("author"))
    views_left = models.PositiveSmallIntegerField(_("views left"))
    views = models.PositiveSmallIntegerField(_("views"))
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        constraints = [
            models.CheckConstraint(condition=Q(views_left__lte=F("views")), name="link_views"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class LinkReceipt(models.Model):
    """One opening of a link: when, and from where."""

    link = models.ForeignKey(OneTimeLink, models.CASCADE, related_name="receipts")
    at = models.DateTimeField(_("time"))
    reader_id = models.UUIDField(_("reader"), null=True, blank=True)
    address = models.CharField(_("address"), max_length=64, blank=True, default="")
    user_agent = models.CharField(_("client"), max_length=255, blank=True, default="")

    class Meta:
        verbose_name = _("receipt of a link")
        verbose_name_plural = _("receipts of links")

    def __str__(self) -> str:
        return f"{self.link_id} {self.at:%Y-%m-%d %H:%M}"
