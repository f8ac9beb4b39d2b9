"""Everybody who can act: people and API clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import auth
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Save a person, or a client; without a password none can be used to sign in."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Save a person who manages everything. It opens no plaintext: only grants do."""
        return self.create_user(
            username, password, **{**fields, "is_staff": True, "is_superuser": True}
        )

    def named(self, username: str) -> models.QuerySet[User]:
        """Those with the name, in any letter case: one or none. ``__iexact`` has no index."""
        return self.alias(folded=Lower("username")).filter(folded=Lower(Value(username)))

    def addressed(self, email: str) -> models.QuerySet[User]:
        """Those with the e-mail address, in any letter case: several may share one."""
        return self.alias(folded=Lower("email")).filter(folded=Lower(Value(email)))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.named(username or "").get()


class User(AbstractBaseUser):
    """A principal: somebody or something that owns, is granted and is named in the audit trail.

    number: the same principal for dialects that know only int32; drawn from a sequence, so that a
        number is never given twice.
    attributes: fields of the wire that have no column here.
    networks: where requests with its credentials may come from, as 10.1.0.0/16; empty for anywhere.
    """

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        CLIENT = "client", _("API client")

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        NORMAL = "normal", _("Normal")
        COMPACT = "compact", _("Compact")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.IntegerField(
        _("number"),
        unique=True,
        editable=False,
        db_default=Func(
            Value("identity_user_number"), function="nextval", output_field=models.IntegerField()
        ),
    )
    username = models.CharField(_("user name"), max_length=255)
    email = models.EmailField(_("e-mail address"), blank=True)
    full_name = models.CharField(_("full name"), max_length=255, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PERSON)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Off: signs in no more, and no credential works.")
    )
    is_staff = models.BooleanField(
        _("staff"), default=False, help_text=_("May enter the administration pages.")
    )
    is_superuser = models.BooleanField(
        _("superuser"),
        default=False,
        help_text=_("Manages everything without being given it. Reads no secret data."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    theme = models.CharField(_("theme"), max_length=8, choices=Theme.choices, default=Theme.AUTO)
    density = models.CharField(
        _("density"), max_length=8, choices=Density.choices, default=Density.NORMAL
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name=_("networks")
    )
    groups = models.ManyToManyField(
        Group,
        through="identity.Membership",
        through_fields=("user", "group"),
        related_name="user_set",
        related_query_name="user",
        verbose_name=_("roles"),
    )

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_name_any_case",
                violation_error_message=_("A user with this name exists."),
            ),
            models.CheckConstraint(condition=~models.Q(username=""), name="user_name_not_empty"),
        ]
        indexes = [
            models.Index(Lower("email"), name="user_email_any_case"),
            # The lists of people and of clients, in their order.
            models.Index(fields=["kind", "username", "id"], name="user_by_name"),
            models.Index(fields=["kind", "full_name", "username", "id"], name="user_by_full_name"),
        ]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.full_name or self.username

    def get_short_name(self) -> str:
        return self.username

    # What Django's admin and templates ask. The answers are those of the one access rule: it is the
    # authentication backend, and being a superuser is no short cut past it.

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return self.is_active and any(backend.has_perm(self, perm, obj) for backend in _judges())

    def has_perms(self, perm_list: Iterable[str], obj: models.Model | None = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and any(
            backend.has_module_perms(self, app_label) for backend in _judges()
        )

    def get_all_permissions(self, obj: models.Model | None = None) -> set[str]:
        return {name for backend in _judges() for name in backend.get_all_permissions(self, obj)}


def _judges() -> list[Any]:
    """The authentication backends that know of rights."""
    return [backend for backend in auth.get_backends() if hasattr(backend, "has_module_perms")]
