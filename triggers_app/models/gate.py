"""Operations that need somebody's word first, and those that wait for one."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from triggers_app.models.invocation import Invocation
from vaultportal.identity.ids import uuid7
from vaultportal.identity.models import Role


class Gate(models.Model):
    """Binds a trigger that asks to operations on chosen objects, or by chosen roles.

    It stands before an operation that ``operations`` names, when the object is among its objects
    (or it names none) and the actor holds one of ``roles`` (or it names none).

    approval: who decides. Where people do, they hold one of ``approvers``, and nothing is sent.
    may_approve_own: whether the one who asks may also decide.
    response_deadline: how long people may take; a subscription has its own.
    usable_for: seconds for which a given allowance may be used, once.
    """

    class Approval(models.TextChoices):
        SUBSCRIBER = "subscriber", _("the subscriber of the trigger")
        PEOPLE = "people", _("people with a role")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=255)
    trigger = models.CharField(_("trigger"), max_length=100)
    operations = ArrayField(models.CharField(max_length=64), verbose_name=_("operations"))
    roles = models.ManyToManyField(
        Role, related_name="+", blank=True, verbose_name=_("for holders of")
    )
    approval = models.CharField(
        _("decided by"), max_length=10, choices=Approval, default=Approval.SUBSCRIBER
    )
    approvers = models.ManyToManyField(
        Role, related_name="+", blank=True, verbose_name=_("approvers")
    )
    may_approve_own = models.BooleanField(_("may approve one's own"), default=False)
    response_deadline = models.CharField(_("response deadline"), max_length=64, default="PT1H")
    usable_for = models.PositiveIntegerField(_("usable for (seconds)"), default=900)
    enabled = models.BooleanField(_("enabled"), default=True)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    author_id = models.UUIDField(_("author"), editable=False)
    updated_by_id = models.UUIDField(_("updated by"), editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("updated"), editable=False)

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        indexes = [
            models.Index(fields=["trigger"], condition=Q(enabled=True), name="gate_in_force")
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(operations=[]), name="gate_has_operations"),
        ]

    def __str__(self) -> str:
        return self.name


class GateObject(models.Model):
    """One object behind a gate. kind: of the audit trail ("secret"); object_id: its id there."""

    gate = models.ForeignKey(Gate, models.CASCADE, related_name="objects_behind", db_index=False)
    kind = models.CharField(_("kind"), max_length=64)
    object_id = models.CharField(_("object"), max_length=255)

    class Meta:
        verbose_name = _("object behind a gate")
        verbose_name_plural = _("objects behind gates")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["gate", "kind", "object_id"], name="gate_object_once")
        ]
        indexes = [models.Index(fields=["kind", "object_id"], name="gate_object_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Pending(models.Model):
    """An operation that waits for a decision, which is good for exactly this request and once.

    actor_id, operation, object_kind, object_id, object_version, request_digest: what is bound;
        whatever differs later makes the decision worthless. request_digest: 32 bytes over all that
        the request says.
    gate, invocation: kept ids; the invocation is None where people decide.
    expires_at: of the question while it waits, of the allowance once allowed.
    comment: of whoever decided. reason: of whoever asked. details: what else is to be done, for
        whoever decides: the further keys of the trigger's payload, never a value of the vault.
    seal: of an allowance (``triggers_app.gates.seals``): without it "allowed" is only a word in a
        database.
    told_at: when the one who asked was told of a refusal; asking again then is a new question.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for a decision")
        ALLOWED = "allowed", _("allowed")
        DENIED = "denied", _("denied")
        EXPIRED = "expired", _("expired")
        FAILED = "failed", _("no decision could be had")
        USED = "used", _("used")
        VOID = "void", _("void: something has changed since")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    gate = models.ForeignKey(
        Gate, models.DO_NOTHING, db_constraint=False, db_index=False, null=True, related_name="+"
    )
    invocation = models.OneToOneField(
        Invocation, models.DO_NOTHING, db_constraint=False, null=True, related_name="pending"
    )
    trigger = models.CharField(_("trigger"), max_length=100)
    operation = models.CharField(_("operation"), max_length=64)
    actor_id = models.UUIDField(_("asked by"))
    actor_name = models.CharField(_("name of the asker"), max_length=255)
    object_kind = models.CharField(_("kind of object"), max_length=64)
    object_id = models.CharField(_("object"), max_length=255)
    object_name = models.CharField(_("name of the object"), max_length=255)
    object_version = models.CharField(_("version"), max_length=64, blank=True, default="")
    request_digest = models.BinaryField(max_length=32)
    request_id = models.CharField(max_length=255, blank=True, default="")
    reason = models.TextField(_("reason"), blank=True, default="")
    details = models.JSONField(_("details"), blank=True, default=dict)
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    comment = models.TextField(_("comment"), blank=True, default="")
    approver_id = models.UUIDField(_("decided by"), null=True)
    approver_name = models.CharField(_("name of the decider"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("used"), null=True)
    told_at = models.DateTimeField(_("told"), null=True)
    seal = models.BinaryField(max_length=64, null=True)

    class Meta:
        verbose_name = _("pending operation")
        verbose_name_plural = _("pending operations")
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["waiting", "allowed"]),
                name="pending_open",
            ),
            models.Index(fields=["actor_id", "-id"], name="pending_of_actor"),
            models.Index(fields=["gate", "-id"], name="pending_of_gate"),
            # And pending_object_trigrams, for the search: migration 0003.
        ]
        constraints = [
            # Asking twice for the same is one question.
            models.UniqueConstraint(
                fields=["actor_id", "operation", "object_kind", "object_id", "request_digest"],
                condition=Q(state__in=["waiting", "allowed"]),
                name="pending_once",
            ),
            models.CheckConstraint(
                condition=Q(state="used", used_at__isnull=False)
                | (~Q(state="used") & Q(used_at__isnull=True)),
                name="pending_used",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
