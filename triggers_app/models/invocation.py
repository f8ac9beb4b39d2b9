"""One event on its way to one subscriber, and each attempt to bring it there."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from triggers_app.models.subscription import Kind, Mode, Subscription
from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.ids import uuid7


class InvocationQuerySet(models.QuerySet["Invocation"]):
    def open(self) -> InvocationQuerySet:
        """What has no outcome yet; an outcome never changes."""
        return self.filter(state__in=Invocation.OPEN)

    def at_least(self, attempts: int, milliseconds: int) -> InvocationQuerySet:
        """What took so many attempts, and so long to its outcome; 0 is any."""
        rows = self.filter(attempts__gte=attempts) if attempts else self
        if not milliseconds:
            return rows
        return rows.filter(completed_at__gte=F("created_at") + timedelta(milliseconds=milliseconds))


class Invocation(models.Model):
    """An event for one subscriber: the row is the truth, messages in a queue only ring for it.

    id: also ``webhook-id``, the same over all attempts.
    event_id: of the outbox; None for tests, and for questions of gates.
    subscription: kept as an id after its deletion, like ``subscription_name``; None where people
        decide and nothing is sent.
    is_gate: a vault operation waits for it, so it is delivered before and apart from the rest.
    input: the payload, without ``_metadata``. content_json: what the caller of a test gave along.
    secret, secret_digest: of a question that is answered later (and of every test). The sealed copy
        goes when there is an outcome; SHA-256 of its UTF-8 text stays.
    wrong_secrets: how often a wrong one was given since ``wrong_since``.

    state, and what must be so in it:
        queued: ``due_at`` says when to send. Whoever claims moves ``due_at`` to the end of its
            lease (also in ``lease_until``) and counts ``attempts`` up, all in one update; a lost
            worker's row is due again by itself, and it settles only where ``leased_by`` is still
            its own.
        waiting: the subscriber took the question and answers later; only the deadline is due.
        completed, failed, expired, skipped: final, with ``completed_at``; ``output`` may be there
            when completed, ``error_message`` otherwise. skipped: nothing was sent (its filter
            failed, or its subscription went); not told on the wire.
    deadline: of questions that are answered later, None for others. Whoever finds it passed expires
        the row.
    acknowledged_at: when the subscriber first took it.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        WAITING = "waiting", _("waiting for its answer")
        COMPLETED = "completed", _("completed")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("expired")
        SKIPPED = "skipped", _("skipped")

    OPEN = (State.QUEUED, State.WAITING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_id = models.UUIDField(_("event"), null=True, editable=False)
    trigger = models.CharField(_("trigger"), max_length=100)
    kind = models.CharField(max_length=16, choices=Kind)
    subscription = models.ForeignKey(
        Subscription,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        verbose_name=_("subscription"),
    )
    subscription_name = models.CharField(_("name of the subscription"), max_length=255)
    mode = models.CharField(_("answers"), max_length=7, choices=Mode)
    is_test = models.BooleanField(_("test"), default=False)
    is_gate = models.BooleanField(_("gate"), default=False)
    replay_of = models.UUIDField(_("replay of"), null=True, editable=False)
    replay_job = models.ForeignKey(
        "triggers_app.ReplayJob",
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        verbose_name=_("replay"),
    )
    input = models.JSONField()
    content_json = models.JSONField(default=dict)
    secret = VaultTextField(null=True)
    secret_digest = models.BinaryField(max_length=32, null=True)
    wrong_secrets = models.PositiveSmallIntegerField(default=0)
    wrong_since = models.DateTimeField(null=True)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(_("due"), null=True)
    lease_until = models.DateTimeField(null=True)
    leased_by = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    deadline = models.DateTimeField(_("deadline"), null=True)
    acknowledged_at = models.DateTimeField(_("taken"), null=True)
    completed_at = models.DateTimeField(_("completed"), null=True)
    output = models.JSONField(null=True)
    error_message = models.TextField(_("error"), null=True)  # noqa: DJ001 null is the wire's success
    error_locale = models.CharField(max_length=16, default="en-US")
    created_at = models.DateTimeField(_("created"))

    objects = InvocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invocation")
        verbose_name_plural = _("invocations")
        default_permissions = ("view",)
        permissions = [
            ("test_invocation", "Can start test invocations"),
            ("replay_invocation", "Can deliver invocations once more"),
        ]
        indexes = [
            # What is due, gates apart: as small as the backlog, however much is finished.
            models.Index(
                fields=["is_gate", "due_at"], condition=Q(state="queued"), name="invocation_due"
            ),
            # What is being sent, to count it for each endpoint.
            models.Index(
                fields=["subscription", "lease_until"],
                condition=Q(lease_until__isnull=False),
                name="invocation_leased",
            ),
            # What is left of a subscription, to drop it with its subscription.
            models.Index(
                fields=["subscription", "due_at"],
                condition=Q(state__in=["queued", "waiting"]),
                name="invocation_open",
            ),
            models.Index(
                fields=["deadline"],
                condition=Q(state__in=["queued", "waiting"], deadline__isnull=False),
                name="invocation_deadline",
            ),
            # Lists, newest first: the keys are in the order of time.
            models.Index(fields=["subscription", "-id"], name="invocation_of_subscription"),
            models.Index(fields=["trigger", "-id"], name="invocation_of_trigger"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "subscription"],
                condition=Q(event_id__isnull=False, replay_of__isnull=True),
                name="invocation_once",
            ),
            models.UniqueConstraint(
                fields=["replay_job", "replay_of"],
                condition=Q(replay_job__isnull=False),
                name="invocation_replayed_once",
            ),
            models.CheckConstraint(
                condition=Q(state="queued", due_at__isnull=False, completed_at__isnull=True)
                | Q(state="waiting", due_at__isnull=True, completed_at__isnull=True)
                | Q(
                    state__in=["completed", "failed", "expired", "skipped"],
                    due_at__isnull=True,
                    lease_until__isnull=True,
                    completed_at__isnull=False,
                    secret__isnull=True,
                ),
                name="invocation_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["failed", "expired", "skipped"], error_message__isnull=False)
                | Q(state__in=["queued", "waiting", "completed"], error_message__isnull=True),
                name="invocation_error",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Attempt(models.Model):
    """One attempt to deliver, or the reason why there was none. Rows are added, never changed.

    number: as counted by ``Invocation.attempts``.
    request_headers, response_headers: names and values; credentials and signatures are masked.
    response_body: as far as the log keeps it, as text.
    outcome: accepted (taken by the subscriber), refused (it answered, and not so), timeout, broken
        (connection or TLS), blocked (the egress rules), skipped (circuit open, disabled, deadline
        passed).
    error: a sentence, without anything that the other side said.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        TIMEOUT = "timeout", _("timed out")
        BROKEN = "broken", _("no connection")
        BLOCKED = "blocked", _("blocked")
        SKIPPED = "skipped", _("skipped")

    id = models.BigAutoField(primary_key=True)
    invocation = models.ForeignKey(Invocation, models.CASCADE, related_name="tries", db_index=False)
    number = models.PositiveSmallIntegerField(_("number"))
    at = models.DateTimeField(_("time"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    url = models.TextField(_("address"), default="")
    request_headers = models.JSONField(_("request headers"), default=dict)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    response_headers = models.JSONField(_("response headers"), default=dict)
    response_body = models.TextField(_("response"), default="", blank=True)
    duration_ms = models.PositiveIntegerField(_("milliseconds"), null=True)
    error = models.TextField(_("error"), default="", blank=True)

    class Meta:
        verbose_name = _("attempt to deliver")
        verbose_name_plural = _("attempts to deliver")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["invocation", "number"], name="attempt_of_invocation")]

    def __str__(self) -> str:
        return f"{self.invocation_id} {self.number}"
