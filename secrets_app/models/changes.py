"""The change feed: what happened to which secret, in an order that no reader can miss a row of."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from secrets_app.fields import CurrentTransaction, TransactionIdField


class SecretChange(models.Model):
    """One change. It has no foreign key: the row outlives the secret, which is its purpose.

    transaction: who reads the feed stops before the oldest transaction still running, since ids
        are given out before commits happen and a later id may be seen first.
    lost_users, lost_roles: who could see the secret until this change and cannot any more.
    """

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        UPDATED = "updated", _("updated")
        ACCESS = "access", _("access changed")
        DELETED = "deleted", _("deleted")

    transaction = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    secret_id = models.UUIDField(_("secret"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    version = models.PositiveIntegerField(_("version"))
    actor_id = models.UUIDField(_("actor"))
    lost_users = ArrayField(models.UUIDField(), default=list)
    lost_roles = ArrayField(models.IntegerField(), default=list)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("change of a secret")
        verbose_name_plural = _("changes of secrets")
        indexes = [
            models.Index(fields=["transaction", "id"], name="secret_change_cursor"),
            BrinIndex(fields=["at"], name="secret_change_age"),  # for the sweep
        ]

    def __str__(self) -> str:
        return f"{self.secret_id} {self.kind}"
