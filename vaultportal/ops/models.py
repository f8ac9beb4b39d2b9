"""The right to read the metrics, which must belong to a model, and the backups."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class Metrics(models.Model):
    """The numbers at ``/metrics``."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = (("view_metrics", "Can read the metrics"),)

    def __str__(self) -> str:
        return "metrics"


class Backup(models.Model):
    """One backup of the database: what was asked, what became of it, whether it was tried out.

    asked_by, asked_name: copies; the account may be gone.
    place: the folder that it lies in. name: of its own folder there, "" until it is whole.
    digest: SHA-256 of the dump of the data. bytes: of both dumps.
    detail, test_detail: how it ended, a sentence for the operator.
    keys_gone_at: the key rows were removed from it; it is restored with the keys of a younger one.
    gone_at: it was removed, because there are enough younger ones.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("made")
        FAILED = "failed", _("failed")

    class Test(models.TextChoices):
        NONE = "", _("not tested")
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        PASSED = "passed", _("restored and readable")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, editable=False)
    is_scheduled = models.BooleanField(_("by schedule"), default=False, editable=False)
    asked_by = models.UUIDField(editable=False)
    asked_name = models.CharField(_("asked by"), max_length=255, editable=False)
    place = models.TextField(_("folder"), editable=False)
    name = models.CharField(_("name"), max_length=120, blank=True, default="", editable=False)
    bytes = models.PositiveBigIntegerField(_("size"), default=0, editable=False)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True, default="", editable=False)
    detail = models.TextField(_("detail"), blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("began"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    keys_gone_at = models.DateTimeField(null=True, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False)
    test_state = models.CharField(
        _("restore"), max_length=8, choices=Test.choices, blank=True, default="", editable=False
    )
    test_detail = models.TextField(blank=True, default="", editable=False)
    tested_at = models.DateTimeField(_("restore was tested on"), null=True, editable=False)

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        default_permissions = ()
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state__in=("waiting", "running")),
                name="ops_backup_one_of_each",
            ),
            models.UniqueConstraint(
                fields=["test_state"],
                condition=Q(test_state__in=("waiting", "running")),
                name="ops_backup_one_test_of_each",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.created_at:%Y-%m-%d %H:%M}"
