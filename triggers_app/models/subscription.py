"""Who is told what, where and how; and how the telling goes of late."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from triggers_app.durations import seconds
from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.ids import uuid7

DEFAULT_DEADLINE = "PT1H"


class Kind(models.TextChoices):
    """Whether a trigger tells or asks; the words of the wire and of the catalogue."""

    FIRE_AND_FORGET = "FIRE_AND_FORGET", _("tells")
    REQUEST_RESPONSE = "REQUEST_RESPONSE", _("asks")


class Mode(models.TextChoices):
    """How a subscriber answers a question; without effect for a trigger that tells."""

    SYNC = "SYNC", _("in its response")
    ASYNC = "ASYNC", _("later, by a call of its own")
    DYNAMIC = "DYNAMIC", _("either, as it chooses")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def listening(self, trigger: str) -> SubscriptionQuerySet:
        """Those that an event of ``trigger`` is meant for, filters aside."""
        return self.filter(trigger=trigger, enabled=True)


class Subscription(models.Model):
    """One subscriber of one trigger, reached over HTTP.

    trigger: id in the catalogue. kind: the trigger's own, copied for the constraint below.
    response_deadline: ISO 8601 duration as the caller wrote it; see ``deadline_seconds``.
    credential: the password of ``user_name`` or the bearer token, by ``authentication``.
    credential_origin: scheme, host and port for which it was given; "" for none, and for one that
        was given before this was written down.
    filter: text of a filter that compiled when it was saved; None passes everything.
    signing_secret: ``whsec_`` and base64; the previous one signs too until ``previous_until``.
    ed25519: sign with the portal's published key as well.
    version: counts every change; what was read with an older one is stale.
    disabled_reason: why the portal (not a person) switched it off.
    most_at_once, most_per_second: what the endpoint is to be spared; None leaves it to the setting.
    """

    class Type(models.TextChoices):
        HTTP = "HTTP"

    class Authentication(models.TextChoices):
        NONE = "NO_AUTH", _("none")
        BASIC = "BASIC_AUTH", _("user name and password")
        BEARER = "BEARER_TOKEN", _("bearer token")

    class Disabled(models.TextChoices):
        NOT = "", _("not by the portal")
        GONE = "gone", _("the endpoint said that it is gone")
        FAILING = "failing", _("it failed for too long")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), null=True, blank=True)  # noqa: DJ001 the wire tells null from ""
    trigger = models.CharField(_("trigger"), max_length=100)
    kind = models.CharField(max_length=16, choices=Kind, editable=False)
    type = models.CharField(_("type"), max_length=16, choices=Type, default=Type.HTTP)
    response_deadline = models.CharField(
        _("response deadline"), max_length=64, default=DEFAULT_DEADLINE
    )
    url = models.TextField(_("address"))
    mode = models.CharField(_("answers"), max_length=7, choices=Mode, default=Mode.SYNC)
    authentication = models.CharField(
        _("authentication"), max_length=12, choices=Authentication, default=Authentication.NONE
    )
    user_name = models.CharField(_("user name"), max_length=255, blank=True, default="")
    credential = VaultTextField(null=True)
    credential_origin = models.TextField(editable=False, default="", blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    filter = models.TextField(_("filter"), null=True, blank=True)  # noqa: DJ001 the wire tells null from ""
    signing_secret = VaultTextField()
    previous_signing_secret = VaultTextField(null=True)
    previous_until = models.DateTimeField(null=True, blank=True, editable=False)
    ed25519 = models.BooleanField(_("sign with the published key too"), default=False)
    most_at_once = models.PositiveSmallIntegerField(_("most at once"), null=True, blank=True)
    most_per_second = models.PositiveIntegerField(_("most in a second"), null=True, blank=True)
    disabled_reason = models.CharField(
        _("switched off because"), max_length=8, choices=Disabled, blank=True, default=""
    )
    disabled_at = models.DateTimeField(_("switched off"), null=True, blank=True)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    author_id = models.UUIDField(_("author"), editable=False)
    updated_by_id = models.UUIDField(_("updated by"), editable=False)
    created_at = models.DateTimeField(_("created"), editable=False)
    updated_at = models.DateTimeField(_("updated"), editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        permissions = [("own_subscription", "Owns a subscription")]
        indexes = [
            models.Index(fields=["trigger", "id"], name="subscription_trigger"),
            models.Index(fields=["name", "id"], name="subscription_by_name"),
        ]
        constraints = [
            # A question has one who answers; disabled ones count.
            models.UniqueConstraint(
                fields=["trigger"],
                condition=Q(kind=Kind.REQUEST_RESPONSE),
                name="subscription_one_answers",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="subscription_name_not_empty"),
            models.CheckConstraint(
                condition=Q(previous_until__isnull=True, previous_signing_secret__isnull=True)
                | Q(previous_until__isnull=False, previous_signing_secret__isnull=False),
                name="subscription_previous_secret_ends",
            ),
            models.CheckConstraint(
                condition=Q(authentication="NO_AUTH", credential__isnull=True)
                | Q(authentication__in=["BASIC_AUTH", "BEARER_TOKEN"], credential__isnull=False),
                name="subscription_credential",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def deadline_seconds(self) -> int:
        """How long an answer may take."""
        return seconds(self.response_deadline)


class SubscriptionHealth(models.Model):
    """How deliveries to a subscription go: written by the delivery engine alone, row by row.

    Beside the subscription and not in it, so that a delivery never waits for an editor, and an
    edit does not look changed because something was delivered. Made with its subscription.

    circuit: closed sends; open sends nothing until ``open_until``; half-open has sent one probe,
        whose outcome decides, or whose end ``open_until`` is.
    opened: how many times in a row the circuit opened, for growing pauses.
    failing_since: of the first failure after the last success.
    paced_until: when the next delivery may start under ``most_per_second``.
    """

    class Circuit(models.TextChoices):
        CLOSED = "closed", _("closed")
        OPEN = "open", _("open")
        HALF_OPEN = "half_open", _("half open")

    subscription = models.OneToOneField(
        Subscription, models.CASCADE, primary_key=True, related_name="health"
    )
    circuit = models.CharField(max_length=9, choices=Circuit, default=Circuit.CLOSED)
    open_until = models.DateTimeField(null=True, blank=True)
    opened = models.PositiveIntegerField(default=0)
    consecutive_failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    paced_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("health of a subscription")
        verbose_name_plural = _("health of subscriptions")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.circuit}"


class SigningKey(models.Model):
    """A key pair of the portal itself for ed25519 signatures; the public halves are published.

    private_key, public_key: 32 bytes each, in standard base64. The one that is not retired signs;
    retired ones stay on the page of keys, so that old deliveries can still be checked.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    private_key = VaultTextField()
    public_key = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        default_permissions = ("view", "add")
        constraints = [
            models.UniqueConstraint(
                models.ExpressionWrapper(
                    Q(retired_at__isnull=True), output_field=models.BooleanField()
                ),
                condition=Q(retired_at__isnull=True),
                name="signing_key_one_signs",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
