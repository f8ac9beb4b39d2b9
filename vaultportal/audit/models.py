"""The tables of the audit trail: entries in sixteen chains, the heads of the chains, checkpoints.

Rows are written by ``chain`` and ``checkpoints`` only. Triggers of the database refuse whoever
tries to change, delete or truncate them; the chain shows it when somebody got around the triggers.
"""

from __future__ import annotations

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

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
            models.Index(fields=["action", "-id"], name="audit_entry_by_action"),
            # What the explorer filters by; the portal's own entries mostly lack them.
            *(
                models.Index(
                    fields=[name, "-id"], condition=~Q(**{name: ""}), name=f"audit_entry_by_{name}"
                )
                for name in ("target_name", "reason", "address")
            ),
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


class Verification(models.Model):
    """One reading of the whole trail; ``services.verifying`` does it piece by piece.

    asked_by, asked_name: copies, as in an entry; the system's id for the daily one.
    heads: where each chain was read up to, as [seq, MAC in hexadecimal] by shard, to go on from.
    breaks: the first places that do not hold, as [kind, text, shard, seq]; found: how many in all.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        WHOLE = "whole"
        BROKEN = "broken"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    asked_by = models.UUIDField(editable=False)
    asked_name = models.CharField(max_length=MAX_NAME, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    total = models.BigIntegerField(editable=False)
    walked = models.BigIntegerField(default=0, editable=False)
    heads = models.JSONField(default=dict, editable=False)
    breaks = models.JSONField(default=list, editable=False)
    found = models.IntegerField(default=0, editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="audit_verification_one_runs"
            ),
        )

    def __str__(self) -> str:
        return f"verification {self.created_at:%Y-%m-%d %H:%M}"


class Export(models.Model):
    """Entries on their way out of the portal, for one person and one download.

    wanted: the filter, as ``selectors.Filter.as_dict``. last: the id of the last entry written,
    upper: of the newest that belongs to it. taken_at: when the download began.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        READY = "ready"
        TAKEN = "taken"
        FAILED = "failed"

    class Format(models.TextChoices):
        NDJSON = "ndjson"
        CSV = "csv"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    format = models.CharField(max_length=8, choices=Format.choices)
    asked_by = models.UUIDField(editable=False)
    asked_name = models.CharField(max_length=MAX_NAME, editable=False)
    wanted = models.JSONField(default=dict, editable=False)
    upper = models.UUIDField(editable=False)
    last = models.UUIDField(null=True, editable=False)
    rows = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"export {self.created_at:%Y-%m-%d %H:%M}"


class ExportPart(models.Model):
    """A piece of an export: packed, then sealed, so that a copy of the table tells nothing."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    number = models.IntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ("view",)
        ordering = ("export", "number")
        constraints = (
            models.UniqueConstraint(fields=["export", "number"], name="audit_export_part_once"),
        )

    def __str__(self) -> str:
        return f"part {self.number}"


def no_positions() -> list[int]:
    """Before the first entry of each chain."""
    return [0] * SHARDS


class LogTarget(models.Model):
    """A receiver outside that entries and checkpoints are sent to; ``vaultportal.shipping`` does.

    address: ``host:port`` for syslog, else an https address. ca: the authorities that alone are
        believed, as PEM; "" for those of the system. credential: a bearer token.
    positions: by shard, the place of the last entry that was sent. Entries of one chain are
        committed one after the other, so none can turn up before it later.
    checkpoint: the number of the last checkpoint that was sent.
    error: why the last attempt that failed did, a code; error_at: when. It stays until the next.
    failing_since: when the first of the present row of failures was; None when the last one went.
    claim, claim_until: which worker sends now, and until when nobody else does.
    """

    class Kind(models.TextChoices):
        SYSLOG_TLS = "syslog-tls"
        SYSLOG_TCP = "syslog-tcp"
        HTTPS = "https"

    class Format(models.TextChoices):
        STRUCTURED = "structured"
        JSON = "json"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.JSON)
    address = models.CharField(max_length=2048)
    ca = models.TextField(blank=True, default="")
    credential = VaultTextField(null=True)
    is_enabled = models.BooleanField(default=True)
    positions = ArrayField(models.BigIntegerField(), size=SHARDS, default=no_positions)
    checkpoint = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    last_sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=64, blank=True, default="")
    error_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True)
    claim_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ("id",)
        constraints = (models.UniqueConstraint(Lower("name"), name="audit_log_target_named_once"),)

    def __str__(self) -> str:
        return self.name
