"""Check-out of a shared secret: one holder at a time, the others in a queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from secrets_app.models.secret import Secret
from vaultportal.identity.ids import uuid7


class Checkout(models.Model):
    """A wish to hold a secret alone, and what became of it.

    minutes: how long the holder wants it; ``ends_at`` counts from when it is theirs.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        HELD = "held", _("held")
        RETURNED = "returned", _("returned")
        LAPSED = "lapsed", _("returned when its time was over")
        FORCED = "forced", _("taken back")
        CANCELLED = "cancelled", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    secret = models.ForeignKey(
        Secret, models.CASCADE, related_name="checkouts", verbose_name=_("secret")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("holder")
    )
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    reason = models.CharField(_("reason"), max_length=255)
    minutes = models.PositiveIntegerField(_("minutes"))
    requested_at = models.DateTimeField(_("requested"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by_id = models.UUIDField(_("ended by"), null=True, blank=True)

    class Meta:
        verbose_name = _("check-out")
        verbose_name_plural = _("check-outs")
        constraints = [
            models.UniqueConstraint(
                fields=["secret"], condition=Q(state="held"), name="checkout_one_holder"
            ),
            models.UniqueConstraint(
                fields=["secret", "user"],
                condition=Q(state__in=["queued", "held"]),
                name="checkout_once_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["ends_at"], condition=Q(state="held"), name="checkout_due"),
        ]

    def __str__(self) -> str:
        return f"{self.secret_id} {self.state}"
