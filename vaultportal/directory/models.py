"""Rows of the directory's own: OAuth programs, run-time settings, set-up, guessing, notices."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from vaultportal.crypto.fields import VaultTextField
from vaultportal.identity.ids import uuid7
from vaultportal.identity.models import Role


class ApplicationManager(models.Manager["Application"]):
    def get_by_natural_key(self, client_id: str) -> Application:
        return self.get(client_id=client_id)


class Application(AbstractApplication):  # type: ignore[misc]  # the toolkit has no types
    """An OAuth client program: what asks for tokens on behalf of a principal.

    The toolkit's model with three differences: it may have several grants, its secret is sealed
    instead of hashed (a wire contract hands it out again), and its id is known before the insert,
    as the seal demands.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    client_secret = VaultTextField(blank=True, default="")
    hash_client_secret = models.BooleanField(default=False, editable=False)
    grants = ArrayField(models.CharField(max_length=44), default=list, blank=True)

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]  # the toolkit has no types
        verbose_name = _("OAuth program")
        verbose_name_plural = _("OAuth programs")

    def natural_key(self) -> tuple[str]:
        """The client id, which is what other installations know it by."""
        return (self.client_id,)

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Whether one of ``grant_types``, in the toolkit's spelling, is open to this program."""
        return not set(grant_types).isdisjoint(self.grants)


class Setting(models.Model):
    """One run-time setting that differs from its default; names and types: options.py."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")
        permissions = [("view_source", "Can see where users come from")]

    def __str__(self) -> str:
        return self.name


class SetupCode(models.Model):
    """The one-time code that makes the first administrator: at most one row, its digest only."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    digest = models.BinaryField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("set-up code")
        verbose_name_plural = _("set-up codes")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="directory_setup_code_single")
        ]

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class KeptCredential(models.Model):
    """A credential that the portal generated and can show again until somebody changes it."""

    class Kind(models.TextChoices):
        PASSWORD = "password"  # noqa: S105 the name of a kind
        API_KEY = "api_key"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="kept")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    value = VaultTextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("kept credential")
        verbose_name_plural = _("kept credentials")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="directory_kept_per_user_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class GuessCounter(models.Model):
    """Failed credentials within a window: of one principal, from one address, or of both.

    ``subject`` is a keyed digest: what people type into a name field is sometimes their password.
    An empty subject or address stands for all of them.
    """

    kind = models.CharField(max_length=16)
    subject = models.BinaryField(default=b"")
    address = models.CharField(max_length=45, default="", blank=True)
    failures = models.IntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = _("counter of failures")
        verbose_name_plural = _("counters of failures")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject", "address"], name="directory_guess_counter"
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="directory_guess_ends")]  # the sweep

    def __str__(self) -> str:
        return f"{self.kind}: {self.failures}"


class SpentLogin(models.Model):
    """A log-in ticket of the code flow that was redeemed: the primary key lets it win once."""

    id = models.UUIDField(primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("redeemed log-in")
        verbose_name_plural = _("redeemed log-ins")

    def __str__(self) -> str:
        return str(self.pk)


class SavedView(models.Model):
    """A list with its filters as somebody likes to find it again; one's own, or shared with a role.

    list_name: the name of the list's address ("ui:people").
    query: what stands behind the "?" of that address: names and filters, never a value of a secret.
    role: whose members see it too; None for nobody else.
    """

    MAX_NAME = 80
    MAX_QUERY = 2000

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_index=False,  # the unique constraint begins with it
        related_name="saved_views",
        verbose_name=_("owner"),
    )
    list_name = models.CharField(_("list"), max_length=MAX_NAME)
    name = models.CharField(_("name"), max_length=MAX_NAME)
    query = models.CharField(max_length=MAX_QUERY)
    role = models.ForeignKey(
        Role,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # the partial index below
        related_name="+",
        verbose_name=_("role"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "name"], name="directory_saved_view_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["role", "list_name"],
                condition=models.Q(role__isnull=False),
                name="directory_saved_view_shared",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """A mail to a person about their own account; the row decides whether it is still to be sent.

    recipient: the address at that time; after a change of it, the old and the new have one each.
    what: the kind of a factor, the name of a key, the issuer of an identity.
    by: who did it, "" for the person themselves.
    browser: what people call it, with its system; "" when nobody said.
    due_at: of the next attempt; None for a test, which is sent by who waits for it.
    said: what the server answered to the attempt that failed last.
    """

    class Kind(models.TextChoices):
        SIGN_IN = "sign_in", _("Sign-in from a new place")
        PASSWORD = "password", _("Password changed")
        FACTOR_ADDED = "factor_added", _("Second factor added")
        FACTOR_REMOVED = "factor_removed", _("Second factor removed")
        RECOVERY_CODES = "recovery_codes", _("New recovery codes")
        EMAIL = "email", _("E-mail address changed")
        KEY_MADE = "key_made", _("API key made")
        KEY_REVOKED = "key_revoked", _("API key revoked")
        IDENTITY_ADDED = "identity_added", _("Identity connected")
        IDENTITY_REMOVED = "identity_removed", _("Identity disconnected")
        DISABLED = "disabled", _("Account disabled")
        TEST = "test", _("Test")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Given up")

    class Failure(models.TextChoices):
        NAME = "name", _("There is no server of this name.")
        UNREACHABLE = "unreachable", _("The server takes no connection.")
        TIME = "time", _("The server did not answer in time.")
        CERTIFICATE = (
            "certificate",
            _("The certificate of the server is not trusted, or is for another name."),
        )
        TLS = "tls", _("No encryption could be agreed on with the server.")
        UNSUPPORTED = "unsupported", _("The server offers no encryption, or no sign-in.")
        LOGIN = "login", _("The server refuses the user name or the password.")
        SENDER = "sender", _("The server refuses the sender.")
        RECIPIENT = "recipient", _("The server refuses the recipient.")
        REFUSED = "refused", _("The server refuses the mail.")
        LOST = "lost", _("The server ended the connection.")
        ADDRESS = "address", _("Nobody can be written to at this address.")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    recipient = models.EmailField(_("recipient"))
    what = models.CharField(max_length=255, blank=True)
    by = models.CharField(max_length=255, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    browser = models.CharField(_("browser"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    attempts = models.SmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=12, choices=Failure.choices, blank=True)
    said = models.CharField(max_length=255, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="waiting"),
                name="directory_notice_due",
            ),
            models.Index(
                fields=["failed_at"],
                condition=models.Q(failed_at__isnull=False),
                name="directory_notice_failed",
            ),
            models.Index(fields=["created_at"], name="directory_notice_age"),  # the sweep, tests
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.state}"
