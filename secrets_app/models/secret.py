"""A secret and its versions."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.ids import uuid7


class SecretQuerySet(models.QuerySet["Secret"]):
    def shared(self) -> SecretQuerySet:
        """The secrets that belong to nobody and are opened by roles alone."""
        return self.filter(owner=None)

    def personal(self, owner_id: UUID | None = None) -> SecretQuerySet:
        """The secrets of one owner, or of all owners."""
        if owner_id is None:
            return self.filter(owner__isnull=False)
        return self.filter(owner_id=owner_id)

    def in_space(self, owner_id: UUID | None) -> SecretQuerySet:
        """One name space: an owner's secrets, or the shared ones for None."""
        return self.filter(owner_id=owner_id) if owner_id is not None else self.shared()


class Secret(models.Model):
    """A named JSON object that its owner, or the roles it is shared with, may read.

    Shared secrets have no owner. The data lies sealed in the versions; only services open it.

    version: the number of the newest version.
    revision: counts every change of data, roles and settings; with the id it is the entity tag.
    author_id, updated_by_id: kept ids, true even after the account is gone.
    needs_ticket: people give a ticket or a note with each look at it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Bytewise: letter case counts, and one order on every server whatever its locale.
    name = models.CharField(_("name"), max_length=255, db_collation="C")
    folded = models.TextField(db_collation="C", editable=False)
    # A deleted account must neither take its secrets along nor turn them into shared ones.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )
    author_id = models.UUIDField(_("author"))
    updated_by_id = models.UUIDField(_("updated by"))
    type = models.CharField(_("type"), max_length=64, blank=True, default="")
    version = models.PositiveIntegerField(_("version"), default=1)
    revision = models.PositiveBigIntegerField(default=1, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    keep_versions = models.PositiveSmallIntegerField(_("versions to keep"), null=True, blank=True)
    keep_days = models.PositiveSmallIntegerField(_("days to keep versions"), null=True, blank=True)
    needs_ticket = models.BooleanField(
        _("each look needs a ticket"), default=False, db_default=False
    )
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("updated"))

    objects = SecretQuerySet.as_manager()

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        permissions = [
            ("read_secret", "Can read the plaintext of a secret"),
            ("write_secret", "Can replace the plaintext of a secret"),
            ("own_secret", "Owns a secret"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=Q(owner__isnull=False),
                name="secret_name_per_owner",
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(owner__isnull=True), name="secret_name_shared"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="secret_name_not_empty"),
        ]
        indexes = [
            # Search is "anywhere in the name", for which only trigrams have an index.
            GinIndex(fields=["folded"], opclasses=["gin_trgm_ops"], name="secret_folded_trigrams"),
            # A list finds its page here alone, and fetches the rows of that page only.
            models.Index(fields=["name", "id"], include=["owner"], name="secret_by_name"),
            # What ends soon, for the overview of everybody who could do something about it.
            models.Index(
                fields=["expires_at"], condition=Q(expires_at__isnull=False), name="secret_ending"
            ),
            # Search by the names of fields looks at the newest alone.
            models.Index(fields=["-updated_at", "id"], name="secret_newest"),
            # What a count of shared ones leaves out.
            models.Index(
                fields=["id"], condition=Q(owner__isnull=False), name="secret_personal_ids"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """The scope of the keys that its data is sealed with."""
        return scope_of(self.owner_id)


def scope_of(owner_id: UUID | None) -> str:
    """The key scope of one name space."""
    return "secrets:shared" if owner_id is None else f"secrets:user:{owner_id}"


class SecretVersion(models.Model):
    """What a secret held from one write to the next. Rows are added and erased, never changed.

    sealed: the JSON text of the data; None once this version was destroyed.
    outline: the names of the fields, sealed as well: for some data the names are the secret.
    size: the bytes of the JSON text.
    restored_from: the number of the older version that this one repeats.
    """

    secret = models.ForeignKey(
        Secret, models.CASCADE, related_name="versions", db_index=False, verbose_name=_("secret")
    )
    number = models.PositiveIntegerField(_("number"))
    sealed = models.BinaryField(null=True)
    outline = models.BinaryField(null=True)
    size = models.PositiveIntegerField(_("size"))
    author_id = models.UUIDField(_("author"))
    reason = models.CharField(_("reason"), max_length=255, blank=True, default="")
    restored_from = models.PositiveIntegerField(_("restored from"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)
    destroyed_by_id = models.UUIDField(_("destroyed by"), null=True, blank=True)

    class Meta:
        verbose_name = _("version of a secret")
        verbose_name_plural = _("versions of secrets")
        constraints = [
            models.UniqueConstraint(fields=["secret", "number"], name="secret_version_number"),
            models.CheckConstraint(
                condition=Q(sealed__isnull=False, destroyed_at__isnull=True)
                | Q(sealed__isnull=True, outline__isnull=True, destroyed_at__isnull=False),
                name="secret_version_sealed_or_destroyed",
            ),
        ]
        indexes = [
            # For the sweep of versions by age; rows lie in the order of time, so blocks suffice.
            BrinIndex(fields=["created_at"], name="secret_version_age"),
        ]

    def __str__(self) -> str:
        return f"{self.secret_id} v{self.number}"
