"""Delivering once more what was delivered before, as rows that people can watch."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class ReplayJob(models.Model):
    """One replay: what is chosen, and how far it is.

    since, until: of the invocations' creation; None is open. trigger, subscription_id: "" and None
        are any. states: final states of invocations; [] is any. least_attempts, least_ms: what each
        took at least; 0 is any.
    cursor: the last invocation that was done; a job whose worker was lost goes on from there.
    total: how many were chosen when it began.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author_id = models.UUIDField(_("author"))
    since = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    trigger = models.CharField(_("trigger"), max_length=100, blank=True, default="")
    subscription_id = models.UUIDField(_("subscription"), null=True, blank=True)
    states = models.JSONField(_("states"), default=list)
    least_attempts = models.PositiveSmallIntegerField(_("attempts at least"), default=0)
    least_ms = models.PositiveIntegerField(_("milliseconds at least"), default=0)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.QUEUED)
    cursor = models.UUIDField(null=True)
    total = models.PositiveIntegerField(_("chosen"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    failure = models.TextField(_("failure"), blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    leased_by = models.UUIDField(null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["queued", "running"]),
                name="replay_job_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.state}"
