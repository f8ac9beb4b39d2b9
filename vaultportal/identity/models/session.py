"""Browser sessions, of which the database cannot make a usable cookie."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.identity import session_limits
from vaultportal.identity.ids import uuid7


class SessionQuerySet(models.QuerySet["Session"]):
    def alive(self) -> SessionQuerySet:
        """Those that a browser may still continue: neither over, nor idle for too long."""
        return (
            self.alias(idle=session_limits.idle_minutes())
            .filter(session_limits.is_awake(), expires_at__gt=timezone.now())
            .filter(models.Q(user=None) | models.Q(user__is_active=True))
        )


class Session(models.Model):
    """One browser, before or after sign-in.

    id: what pages and the audit trail call it; of no use as a cookie.
    digest: peppered HMAC of the key in the cookie.
    data: the session's JSON object, sealed (a second factor being set up lies in it for a while).
    expires_at: from its creation, however much it is used.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    data = models.BinaryField(editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="sessions",
        verbose_name=_("user"),
    )
    address = models.GenericIPAddressField(_("address"), null=True, blank=True, editable=False)
    user_agent = models.CharField(_("browser"), max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(_("began"), default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("ends"), db_index=True, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return str(self.pk)
