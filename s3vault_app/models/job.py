"""Long work on machines as rows: the truth of a job, whatever becomes of messages and workers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from s3vault_app.models.machine import Machine
from s3vault_app.models.pool import StoragePool
from s3vault_app.models.vault import Vault


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> JobQuerySet:
        """Those that have not come to an end; suspended ones included."""
        return self.filter(state__in=Job.UNFINISHED)

    def due(self) -> JobQuerySet:
        """Those that a worker should take.

        Waiting, running under a lease that ran out, or paused and then asked to stop.
        """
        lost = Q(state=Job.State.RUNNING) & (
            Q(lease_until=None) | Q(lease_until__lt=timezone.now())
        )
        killed = Q(state=Job.State.SUSPENDED, kill_asked_at__isnull=False)
        return self.filter(Q(state=Job.State.WAITING) | lost | killed)


class Job(models.Model):
    """One piece of work. ``id`` is the int64 job id of the wire.

    state: the value is the wire's word. There is no "Pending": clients read it as a failure.
    phase: the name of the step at work. percent: never falls; 100 only when completed.
    reason: why it waits, or why it failed, for people; no secrets.
    options: by type; ids and switches, no secrets. ``ONLY``: the numbers of the machines to work
        on, of a job that was asked for again for some of them alone.
    kill_asked_at, pause_asked_at: read by the worker between steps.
    lease_owner, lease_until, heartbeat_at: which worker has it; a dead worker's lease runs out.
    attempts: how often a worker took it. resubmit_of: the job that was asked again.
    machines: those that it works on; for whole pools and vaults without machines none.
    """

    class Type(models.TextChoices):
        CREATE = "create", _("Create vault")
        UPDATE = "update", _("Change endpoints")
        DELETE = "delete", _("Delete vault")
        INSTALL = "install", _("Install endpoint")
        UNINSTALL = "uninstall", _("Uninstall endpoint")
        ENABLE = "enable", _("Start endpoint")
        DISABLE = "disable", _("Stop endpoint")
        VERIFY = "verify", _("Verify vault")
        RENEW = "renew", _("Renew certificates")
        DRAIN = "drain", _("Drain endpoint")
        UNDRAIN = "undrain", _("Let endpoint take writes")
        UPGRADE = "upgrade", _("Upgrade endpoint")

    class State(models.TextChoices):
        WAITING = "Waiting", _("waiting")
        RUNNING = "Running", _("running")
        SUSPENDED = "Suspended", _("suspended")
        COMPLETED = "Completed", _("completed")
        PARTIAL = "Completed w/ one or more errors", _("completed with errors")
        KILLED = "Killed", _("killed")
        FAILED = "Failed", _("failed")

    ONLY = "only"
    UNFINISHED = (State.WAITING, State.RUNNING, State.SUSPENDED)

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(_("type"), max_length=10, choices=Type)
    state = models.CharField(_("state"), max_length=32, choices=State, default=State.WAITING)
    vault = models.ForeignKey(
        Vault, models.CASCADE, null=True, related_name="jobs", verbose_name=_("vault")
    )
    pool = models.ForeignKey(
        StoragePool, models.CASCADE, null=True, related_name="jobs", verbose_name=_("storage pool")
    )
    machines = models.ManyToManyField(
        Machine, blank=True, related_name="jobs", verbose_name=_("machines")
    )
    options = models.JSONField(_("options"), default=dict)
    phase = models.CharField(_("phase"), max_length=32, blank=True)
    percent = models.PositiveSmallIntegerField(_("percent"), default=0)
    reason = models.CharField(_("reason"), max_length=450, blank=True)
    kill_asked_at = models.DateTimeField(_("kill asked"), null=True)
    pause_asked_at = models.DateTimeField(_("pause asked"), null=True)
    lease_owner = models.CharField(_("worker"), max_length=64, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True)
    heartbeat_at = models.DateTimeField(_("heartbeat"), null=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    resubmit_of = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="resubmits", verbose_name=_("asked again")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        constraints = [
            models.CheckConstraint(condition=Q(percent__range=(0, 100)), name="s3_job_percent"),
            models.CheckConstraint(
                condition=~Q(percent=100) | Q(state__startswith="Completed"),
                name="s3_job_all_only_when_done",
            ),
        ]
        indexes = [
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["Waiting", "Running"]),
                name="s3_job_due",
            ),
            models.Index(fields=["-created_at"], name="s3_job_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.get_type_display()}"

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED


class JobStep(models.Model):
    """One step of a job on one machine, or on the vault as a whole (no machine).

    Every step is check, act, check, so running it again is the resume.

    changed: the act did something on this machine, so a rollback of this job has to undo it.
    data: what a resume needs (offsets, versions); no secrets.
    """

    class State(models.TextChoices):
        WAITING = "todo", _("to do")
        RUNNING = "running", _("running")
        OK = "ok", _("done")
        FAILED = "failed", _("failed")
        UNDONE = "undone", _("undone")

    job = models.ForeignKey(Job, models.CASCADE, related_name="steps", verbose_name=_("job"))
    machine = models.ForeignKey(
        Machine, models.PROTECT, null=True, related_name="+", verbose_name=_("machine")
    )
    name = models.CharField(_("step"), max_length=32)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    changed = models.BooleanField(_("changed"), default=False)
    data = models.JSONField(_("data"), default=dict)
    message = models.CharField(_("message"), max_length=450, blank=True)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("step of a job")
        verbose_name_plural = _("steps of jobs")
        ordering = ["job", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "machine", "name"],
                nulls_distinct=False,
                name="s3_step_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JobEvent(models.Model):
    """A line of a job's log; secrets are masked before it is written."""

    class Severity(models.IntegerChoices):
        INFO = 0, _("information")
        MINOR = 3, _("minor")
        MAJOR = 6, _("major")
        CRITICAL = 9, _("critical")

    job = models.ForeignKey(Job, models.CASCADE, related_name="events", verbose_name=_("job"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    severity = models.PositiveSmallIntegerField(
        _("severity"), choices=Severity, default=Severity.INFO
    )
    machine = models.ForeignKey(
        Machine, models.PROTECT, null=True, related_name="+", verbose_name=_("machine")
    )
    step = models.CharField(_("step"), max_length=32, blank=True)
    percent = models.PositiveSmallIntegerField(_("percent"), default=0)
    text = models.CharField(_("text"), max_length=1000)

    class Meta:
        verbose_name = _("event of a job")
        verbose_name_plural = _("events of jobs")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text
