"""The stored half of the key tree: every key here is wrapped by the one above it.

``crypto_data_key`` and ``crypto_object_key`` belong into a dump of their own with a short
retention: a backup without them keeps erased objects erased.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class KeyState(models.TextChoices):
    """After SP 800-57: made ahead, sealing and opening, opening only, gone."""

    STAGED = "staged"
    ACTIVE = "active"
    DECRYPT_ONLY = "decrypt_only"
    DESTROYED = "destroyed"


class Instance(models.Model):
    """Who this database is: one row. Every sealed value is bound to ``id``.

    ``epoch`` rises with each change of a key's state (a trigger does it); processes compare it.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    epoch = models.BigIntegerField(default=0)
    only = models.BooleanField(default=True, unique=True)

    class Meta:
        db_table = "crypto_instance"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(only=True), name="crypto_instance_only_one")
        ]

    def __str__(self) -> str:
        return str(self.id)


class RootKeyVersion(models.Model):
    """A version of the root key, and a known value that it sealed: proof of having the right key.

    ``provider`` is the family that can hold it ("local" for key file and environment). ``label``
    tells versions of one number apart: provider, number, fingerprint.
    """

    provider = models.TextField()
    version = models.PositiveIntegerField()
    label = models.TextField()
    state = models.TextField(choices=KeyState.choices)
    sentinel = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "crypto_root_key_version"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "version"], name="crypto_root_key_unique"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="crypto_root_key_one_active"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class KeyScope(models.Model):
    """What is set for a scope as a whole. A scope without a row has no lowest version."""

    scope = models.TextField(primary_key=True)
    min_open_version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "crypto_key_scope"

    def __str__(self) -> str:
        return self.scope


class DataKey(models.Model):
    """A key of a scope, wrapped by a root key; it wraps object keys or is used directly."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    scope = models.TextField()
    version = models.PositiveIntegerField()
    state = models.TextField(choices=KeyState.choices)
    wrapped = models.BinaryField()
    provider = models.TextField()
    kek_version = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "crypto_data_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "version"], name="crypto_data_key_unique"),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(state="active"), name="crypto_data_key_one_active"
            ),
            models.CheckConstraint(
                condition=Q(state="destroyed", wrapped=b"")
                | ~Q(state="destroyed") & ~Q(wrapped=b""),
                name="crypto_data_key_destroyed_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope}, version {self.version}"


class ObjectKey(models.Model):
    """The key of one object, wrapped by a data key of its scope. Without it the object is erased.

    There is no second index: re-wrapping walks the primary key, and every index would cost each
    write.
    """

    object_id = models.UUIDField(primary_key=True, editable=False)
    scope = models.TextField()
    data_key_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "crypto_object_key"

    def __str__(self) -> str:
        return str(self.object_id)


class KeyJob(models.Model):
    """A rotation that a worker carries out.

    kind: ``root`` makes a new root key and wraps every data key by it; ``data`` makes new data keys
        and renews what the older ones wrap and seal.
    done: keys and cells renewed. broken: the first that do not open and stay as they are; found:
        how many. detail: why it failed, a sentence for the operator.
    asked_by, asked_name: copies; the account may be gone.
    worker: who has it at the moment. tries: how often since a piece came to its end.
    """

    RENEWING = "renewing"

    class Kind(models.TextChoices):
        ROOT = "root", _("a new root key")
        DATA = "data", _("new data keys")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        BROKEN = "broken", _("done, with keys that do not open")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.RUNNING, editable=False
    )
    phase = models.CharField(max_length=16, blank=True, default="", editable=False)
    asked_by = models.UUIDField(editable=False)
    asked_name = models.CharField(_("asked by"), max_length=255, editable=False)
    done = models.PositiveBigIntegerField(_("renewed"), default=0, editable=False)
    broken = models.JSONField(default=list, editable=False)
    found = models.PositiveIntegerField(_("do not open"), default=0, editable=False)
    detail = models.TextField(_("detail"), blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("began"), default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    worker = models.UUIDField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        db_table = "crypto_key_job"
        verbose_name = _("key rotation")
        verbose_name_plural = _("key rotations")
        default_permissions = ("view",)
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="crypto_key_job_one_runs"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.created_at:%Y-%m-%d %H:%M}"
