"""Vaults: buckets with a name, rules, endpoints and people."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from s3vault_app import fields
from s3vault_app.models.machine import Machine
from s3vault_app.models.pool import StoragePlan, StoragePool
from vaultportal.identity.fields import doer
from vaultportal.identity.ids import uuid7


class VaultQuerySet(models.QuerySet["Vault"]):
    def live(self) -> VaultQuerySet:
        """Those that still are there, the failing and leaving ones included."""
        return self.filter(deleted_at=None)


class Vault(models.Model):
    """A bucket on a pool. The row stays when the vault is gone: its jobs keep their subject.

    name: of the vault and of its bucket; S3's rules.
    lock_mode, lock_days, versioning, quota_bytes, lifecycle: what holds for the bucket, taken from
        the plan at first.
    bucket_made_at: when the engine had made the bucket; before that there is none to take away.
    bucket_claimed_at: when the engine had no bucket of the name, so that one which a broken run
        left is the vault's; None where the store's owner made the bucket.
    verify_ok, verified_at, verify_report: the last proof that it is closed to everybody else;
        the report is ``{"checks": [{"name", "endpoint", "ok", "message"}]}``.
    read_only: the quota is used up, and the engine takes no more.
    failure: why it is degraded or failed, for people; no secrets.
    """

    class State(models.TextChoices):
        NEW = "new", _("waiting")
        INSTALLING = "installing", _("being installed")
        ACTIVE = "active", _("ready")
        DEGRADED = "degraded", _("degraded")
        FAILED = "failed", _("failed")
        DELETING = "deleting", _("being deleted")
        DELETED = "deleted", _("deleted")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = fields.wire_number(fields.CLIENTS)
    name = models.CharField(_("name"), max_length=63)
    plan = models.ForeignKey(
        StoragePlan, models.PROTECT, related_name="vaults", verbose_name=_("plan")
    )
    pool = models.ForeignKey(
        StoragePool, models.PROTECT, related_name="vaults", verbose_name=_("storage pool")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.NEW, editable=False
    )
    failure = models.CharField(_("failure"), max_length=450, blank=True, editable=False)
    region = models.CharField(_("region"), max_length=32, default="us-east-1")
    lock_mode = models.CharField(
        _("object lock"), max_length=10, choices=StoragePlan.Lock, default=StoragePlan.Lock.NONE
    )
    lock_days = models.IntegerField(_("days of retention"), default=0)
    versioning = models.BooleanField(_("versioning"), default=True)
    quota_bytes = models.BigIntegerField(_("quota"), default=0)
    lifecycle = models.JSONField(_("lifecycle"), default=dict, blank=True)
    read_only = models.BooleanField(_("read only"), default=False, editable=False)
    bucket_made_at = models.DateTimeField(_("bucket made"), null=True, editable=False)
    bucket_claimed_at = models.DateTimeField(_("bucket claimed"), null=True, editable=False)
    size_bytes = models.BigIntegerField(_("size"), default=0, editable=False)
    object_count = models.BigIntegerField(_("objects"), default=0, editable=False)
    usage_at = models.DateTimeField(_("usage of"), null=True, editable=False)
    verify_ok = models.BooleanField(_("proof"), null=True, editable=False)
    verified_at = models.DateTimeField(_("verified"), null=True, editable=False)
    verify_report = models.JSONField(_("report"), default=dict, editable=False)
    comment = models.TextField(_("comment"), blank=True)
    created_by = doer(_("created by"))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)

    objects = VaultQuerySet.as_manager()

    class Meta:
        verbose_name = _("S3 vault")
        verbose_name_plural = _("S3 vaults")
        permissions = [
            ("own_vault", "Owns a vault"),
            ("use_vault", "Can use the data of a vault over S3"),
            ("backup_vault", "Can use and lock the data of a vault over S3"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(deleted_at=None), name="s3_vault_name"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) ^ Q(state="deleted"), name="s3_vault_gone_is_deleted"
            ),
            models.CheckConstraint(condition=Q(quota_bytes__gte=0), name="s3_vault_quota"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_bucket(self) -> bool:
        """Whether a bucket of the vault is there, or was going to be when a run broke off."""
        return self.bucket_made_at is not None or self.bucket_claimed_at is not None


class Endpoint(models.Model):
    """One door to one vault: a machine of ours, or a URL of an existing store (no machine)."""

    class Role(models.TextChoices):
        STORE = "store", _("store")
        GATEWAY = "gateway", _("gateway")
        GIVEN = "given", _("existing store")

    class State(models.TextChoices):
        INSTALLING = "installing", _("being installed")
        ONLINE = "online", _("online")
        OFFLINE = "offline", _("offline")
        DISABLED = "disabled", _("disabled")
        FAILED = "failed", _("failed")
        REMOVING = "removing", _("being removed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    vault = models.ForeignKey(
        Vault, models.CASCADE, related_name="endpoints", verbose_name=_("vault")
    )
    machine = models.ForeignKey(
        Machine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="endpoints",
        verbose_name=_("machine"),
    )
    url = models.CharField(_("URL"), max_length=450, blank=True)
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.GATEWAY)
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.INSTALLING, editable=False
    )
    failure = models.CharField(_("failure"), max_length=450, blank=True, editable=False)
    verify_ok = models.BooleanField(_("proof"), null=True, editable=False)
    verified_at = models.DateTimeField(_("verified"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        constraints = [
            models.UniqueConstraint(
                fields=["vault", "machine"],
                condition=Q(machine__isnull=False),
                name="s3_endpoint_once",
            ),
            models.UniqueConstraint(
                fields=["vault", "url"], condition=Q(machine=None), name="s3_endpoint_url_once"
            ),
        ]

    def __str__(self) -> str:
        return self.url or str(self.pk)
