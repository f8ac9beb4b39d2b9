"""The tables of the audit trail: entries in sixteen chains, the heads of the chains, checkpoints.

Rows are written by ``chain`` and ``checkpoints`` only. Triggers of the database refuse whoever
tries to change, delete or truncate them; the chain shows it when somebody got around the triggers.
"""

from __future__ import annotations

import orjson
from django.db import models
from django.db.models import Q

from vaultportal.audit.entry import MAX_NAME, Document
from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.ids import uuid7

SHARDS = 16
MAC_SIZE = 32


class AuditEntry(models.Model):
    """One thing that somebody did, or was refused.

    ``body`` is the entry; ``mac`` ties it to the entry before it in its shard, under the audit key
    of version ``epoch``. All other columns are copies for searching. Nothing refers to another
    row, since an entry outlives the people and the objects that it names.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    shard = models.SmallIntegerField(editable=False)
    seq = models.BigIntegerField(editable=False)
    epoch = models.IntegerField(editable=False)
    at = models.DateTimeField(editable=False)
    body = models.BinaryField()
    mac = models.BinaryField()
    actor_id = models.UUIDField(editable=False)
    actor_name = models.CharField(max_length=MAX_NAME, editable=False)
    action = models.CharField(max_length=MAX_NAME, editable=False)
    target_kind = models.CharField(max_length=MAX_NAME, editable=False)
    target_id = models.CharField(max_length=MAX_NAME, editable=False)
    target_name = models.CharField(max_length=MAX_NAME, editable=False)
    outcome = models.CharField(max_length=MAX_NAME, editable=False)
    reason = models.CharField(max_length=MAX_NAME, editable=False)
    request_id = models.CharField(max_length=MAX_NAME, editable=False)
    address = models.CharField(max_length=MAX_NAME, editable=False)

    class Meta:
        default_permissions = ("view",)
        verbose_name_plural = "audit entries"
        ordering = ("-id",)  # UUIDv7: the primary key is in the order of time
        constraints = (
            models.UniqueConstraint(fields=["shard", "seq"], name="audit_entry_place_in_chain"),
        )
        indexes = (
            models.Index(fields=["actor_id", "-id"], name="audit_entry_by_actor"),
            models.Index(fields=["target_id", "-id"], name="audit_entry_by_target"),
            # Successes are nearly all rows; what went wrong is looked for.
            models.Index(
                fields=["-id"], condition=~Q(outcome="success"), name="audit_entry_not_success"
            ),
        )

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"

    @property
    def document(self) -> Document:
        """The whole entry, parsed: also what the columns do not copy, such as ``detail``."""
        document: Document = orjson.loads(bytes(self.body))
        return document


class AuditHead(models.Model):
    """The newest place in one shard's chain. Its row lock is the lock of that chain's writers."""

    shard = models.SmallIntegerField(primary_key=True, editable=False)
    seq = models.BigIntegerField(default=0, editable=False)
    mac = models.BinaryField(default=bytes(MAC_SIZE))

    class Meta:
        default_permissions = ("view",)
        ordering = ("shard",)

    def __str__(self) -> str:
        return f"shard {self.shard} at {self.seq}"


class SigningKey(models.Model):
    """An Ed25519 key that signs checkpoints; the newest one is in use."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    public = models.BinaryField()
    private = VaultTextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return str(self.pk)


class Checkpoint(models.Model):
    """All heads at one moment, signed. ``body`` names the digest of the checkpoint before it."""

    number = models.BigIntegerField(primary_key=True, editable=False)
    at = models.DateTimeField(editable=False)
    body = models.BinaryField()
    signature = models.BinaryField()
    key = models.ForeignKey(SigningKey, models.PROTECT, editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"
