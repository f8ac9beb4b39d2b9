"""S3 key pairs of people, and what each engine was last told about them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from s3vault_app.models.pool import StoragePool
from s3vault_app.models.vault import Vault
from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.ids import uuid7


class KeyPairQuerySet(models.QuerySet["KeyPair"]):
    def working(self) -> KeyPairQuerySet:
        """Those that endpoints must take: the active ones, and old ones in their overlap."""
        overlapping = Q(state=KeyPair.State.OVERLAP, overlap_until__gt=timezone.now())
        return self.filter(Q(state=KeyPair.State.ACTIVE) | overlapping)


class KeyPair(models.Model):
    """A pair of one user: for all vaults, or for one. The portal chose both halves.

    The secret is shown once, at the rotation that made the pair; it is kept because engines are
    told it again when they are rebuilt or joined.

    shown_at: when the secret went to its user; a pair that nobody ever saw has none.
    overlap_until: until when an old pair still works after a rotation.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        OVERLAP = "overlap", _("old, still taken")
        REVOKED = "revoked", _("revoked")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="s3_keys",
        verbose_name=_("user"),
    )
    vault = models.ForeignKey(
        Vault,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="keys",
        verbose_name=_("vault"),
    )
    access_key_id = models.CharField(_("access key id"), max_length=128, unique=True)
    secret = VaultTextField(null=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    shown_at = models.DateTimeField(_("shown"), null=True, editable=False)
    rotated_at = models.DateTimeField(_("rotated"), null=True, editable=False)
    overlap_until = models.DateTimeField(_("works until"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = KeyPairQuerySet.as_manager()

    class Meta:
        verbose_name = _("S3 key pair")
        verbose_name_plural = _("S3 key pairs")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "vault"],
                condition=Q(state="active"),
                nulls_distinct=False,
                name="s3_key_one_active",
            ),
            models.CheckConstraint(
                condition=Q(state="revoked") | Q(secret__isnull=False), name="s3_key_has_secret"
            ),
        ]

    def __str__(self) -> str:
        return self.access_key_id


class EngineIdentity(models.Model):
    """One user inside one engine: what it was last told, against which the wanted is compared.

    The row is committed before the engine hears of the name, and goes after the engine has
    forgotten it: whatever dies in between, no name with a live pair is without its row.

    user: None when the user is gone and the engine has still to forget the name, and for the name
        that proofs use.
    name: of the user inside the engine.
    state: pending from before the first call to the engine until after the last; a row that stays
        so is compared anew, and what the engine knows is made or taken away once more.
    applied: ``{"vaults": {bucket: right}, "keys": [access key id]}``, as
        ``identities.Wanted.as_applied`` gives it; of the last time when all of it was told.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("being told")
        APPLIED = "applied", _("told")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pool = models.ForeignKey(
        StoragePool, models.CASCADE, related_name="identities", verbose_name=_("storage pool")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    name = models.CharField(_("name in the engine"), max_length=64)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.PENDING)
    applied = models.JSONField(_("applied"), default=dict)
    applied_at = models.DateTimeField(_("applied at"), null=True)
    failure = models.CharField(_("failure"), max_length=450, blank=True)

    class Meta:
        verbose_name = _("identity of an engine")
        verbose_name_plural = _("identities of engines")
        constraints = [
            models.UniqueConstraint(fields=["pool", "name"], name="s3_identity_once"),
        ]

    def __str__(self) -> str:
        return self.name
