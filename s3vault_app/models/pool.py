"""Where the data of vaults lies, and under which rules: pools and plans."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from s3vault_app import fields
from vaultportal.crypto.fields import VaultJSONField
from vaultportal.identity.fields import doer
from vaultportal.identity.ids import uuid7

FOR_EVER = -1  # retention in days


class PoolQuerySet(models.QuerySet["StoragePool"]):
    def live(self) -> PoolQuerySet:
        """Those that were not taken away."""
        return self.filter(deleted_at=None)


class StoragePool(models.Model):
    """One engine: our own on machines, or an S3 store that is there.

    Every plan stands on a pool, so vaults of several plans may share one engine, and what one
    endpoint of the pool took every other gives at once.

    settings: what is no secret. ``seaweedfs``: nothing. Others: ``endpoints`` (URLs), ``region``,
        ``path_style``, ``ca`` (PEM), and for ``s3-iam`` ``iam_endpoint``, for ``s3-static``
        ``bucket``.
    credentials: ``access_key`` and ``secret_key`` of an existing store.
    secrets: what the portal made for its own engine: administrator pair, token keys, certificates.
    drain_asked_at: since when people are to keep reading and lose writing, at all its endpoints;
        None while they are to write.
    drained_at: since when writes are refused, as was proved by trying. It stays when the drain is
        taken back, until a write was tried and taken.
    """

    class Engine(models.TextChoices):
        SEAWEEDFS = "seaweedfs", _("SeaweedFS on own machines")
        IAM = "s3-iam", _("Existing S3 store with users")
        STATIC = "s3-static", _("Existing S3 bucket with one key pair")

    class State(models.TextChoices):
        NEW = "new", _("new")
        READY = "ready", _("ready")
        DEGRADED = "degraded", _("degraded")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = fields.wire_number(fields.POOLS)
    name = models.CharField(_("name"), max_length=255)
    engine = models.CharField(_("engine"), max_length=16, choices=Engine, default=Engine.SEAWEEDFS)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    credentials = VaultJSONField(null=True)
    secrets = VaultJSONField(null=True)
    state = models.CharField(
        _("state"), max_length=8, choices=State, default=State.NEW, editable=False
    )
    failure = models.CharField(_("failure"), max_length=450, blank=True, editable=False)
    total_bytes = models.BigIntegerField(_("size"), null=True, editable=False)
    free_bytes = models.BigIntegerField(_("free"), null=True, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    drain_asked_at = models.DateTimeField(_("drain asked"), null=True, editable=False)
    drained_at = models.DateTimeField(_("drained"), null=True, editable=False)
    comment = models.TextField(_("comment"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects = PoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("storage pool")
        verbose_name_plural = _("storage pools")
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(deleted_at=None), name="s3_pool_name_any_case"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def installs(self) -> bool:
        """Whether the portal itself runs the engine on machines."""
        return self.engine == self.Engine.SEAWEEDFS

    @property
    def drains(self) -> bool:
        """Whether it is to take no writes, proved or not yet."""
        return self.drain_asked_at is not None

    @property
    def is_drained(self) -> bool:
        """Whether it is to take no writes, and takes none."""
        return self.drains and self.drained_at is not None

    @property
    def comes_back(self) -> bool:
        """Whether it is to take writes again, and has not been seen to take one yet."""
        return not self.drains and self.drained_at is not None

    @property
    def may_refuse_writes(self) -> bool:
        """Whether nobody may count on its endpoints to take a write now."""
        return self.drains or self.comes_back


class PlanQuerySet(models.QuerySet["StoragePlan"]):
    def live(self) -> PlanQuerySet:
        """Those that were not taken away."""
        return self.filter(deleted_at=None)


class StoragePlan(models.Model):
    """The rules for the buckets of its vaults; a vault takes them over when it is made.

    retention_days: of the default object lock; -1 for as long as the engine can express.
    lifecycle: ``noncurrent_days``, ``abort_multipart_days`` and ``expire_days``, all optional.
    copies: of every object inside the engine.
    wire: fields of a client's plan that have no column here, kept as they came.
    """

    class Lock(models.TextChoices):
        NONE = "none", _("none")
        GOVERNANCE = "GOVERNANCE", _("governance: administrators may lift it")
        COMPLIANCE = "COMPLIANCE", _("compliance: nobody may lift it")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = fields.wire_number(fields.PLANS)
    name = models.CharField(_("name"), max_length=255)
    pool = models.ForeignKey(
        StoragePool, models.PROTECT, related_name="plans", verbose_name=_("storage pool")
    )
    lock_mode = models.CharField(
        _("object lock"), max_length=10, choices=Lock, default=Lock.COMPLIANCE
    )
    retention_days = models.IntegerField(_("days of retention"), default=30)
    versioning = models.BooleanField(_("versioning"), default=True)
    quota_bytes = models.BigIntegerField(
        _("quota"), default=0, help_text=_("Bytes of each vault; 0 for no limit.")
    )
    lifecycle = models.JSONField(_("lifecycle"), default=dict, blank=True)
    copies = models.PositiveSmallIntegerField(_("copies"), default=1)
    region = models.CharField(_("region"), max_length=32, default="us-east-1")
    copy_name = models.CharField(max_length=255, default="Primary", editable=False)
    wire = models.JSONField(default=dict, blank=True, editable=False)
    created_by = doer(_("created by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("storage plan")
        verbose_name_plural = _("storage plans")
        permissions = [("use_storageplan", "Can make vaults on a storage plan")]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), condition=Q(deleted_at=None), name="s3_plan_name_any_case"
            ),
            models.CheckConstraint(
                condition=Q(retention_days=FOR_EVER) | Q(retention_days__range=(1, 9999)),
                name="s3_plan_retention",
            ),
            models.CheckConstraint(condition=Q(copies__range=(1, 3)), name="s3_plan_copies"),
            models.CheckConstraint(condition=Q(quota_bytes__gte=0), name="s3_plan_quota"),
            # The engine cannot lock what it does not version.
            models.CheckConstraint(
                condition=Q(lock_mode="none") | Q(versioning=True), name="s3_plan_lock_versions"
            ),
        ]

    def __str__(self) -> str:
        return self.name
