"""Imports, as rows that people can watch."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class ImportJob(models.Model):
    """One import: what was asked for, how far it is, and what it had no place for.

    options: where the secrets are to go; see ``services.imports``.
    report: names of entries and parts with what became of them; never a value.
    staged: what the file held, sealed, between the preview and the run; see ``services.staging``.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for its file")
        STAGED = "staged", _("waiting for a decision")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("author")
    )
    source = models.CharField(_("format"), max_length=24)
    dry_run = models.BooleanField(_("dry run"))
    options = models.JSONField(_("options"), default=dict)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    total = models.PositiveIntegerField(_("entries"), default=0)
    done = models.PositiveIntegerField(_("entries done"), default=0)
    report = models.JSONField(_("report"), default=dict)
    staged = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"{self.source} {self.created_at:%Y-%m-%d %H:%M}"
