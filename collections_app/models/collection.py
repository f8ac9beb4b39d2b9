"""Collections, their properties, and who may do what on one of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from collections_app.permissions import Capability, CollectionPermission
from collections_app.schema.names import LONGEST_DESCRIPTION, LONGEST_NAME
from vaultportal.identity.ids import uuid7


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Collections that are there: a deleted one only waits for its rows to be cleared away."""

    def live(self) -> CollectionQuerySet:
        """Without those that were deleted."""
        return self.filter(deleted_at=None)


class Collection(models.Model):
    """A named set of objects with one schema. Its values are sealed under keys of its own.

    needs_ticket: people give a ticket or a note with each look at a sealed value.
    """

    class Type(models.TextChoices):
        PERSONS = "PERSONS"
        DATA = "DATA"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=LONGEST_NAME, db_collation="C")
    type = models.CharField(max_length=7, choices=Type)
    needs_ticket = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [
            *Capability.choices_for_django(),
            (CollectionPermission.OWN.codename, "Owns the collection"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(deleted_at=None), name="collection_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        """The name of its keys in the key tree."""
        return f"collections:{self.pk}"


class Property(models.Model):
    """One property of a collection. Its number is bound into sealed values and never reused."""

    id = models.AutoField(primary_key=True)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="properties")
    name = models.CharField(max_length=LONGEST_NAME, db_collation="C")
    data_type_name = models.CharField(max_length=LONGEST_DESCRIPTION)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    is_unique = models.BooleanField(default=False)
    is_index = models.BooleanField(default=False)
    is_substring_index = models.BooleanField(default=False)
    is_encrypted = models.BooleanField(default=True)
    is_nullable = models.BooleanField(default=False)
    is_substring_ready = models.BooleanField(default=False, editable=False)
    is_index_ready = models.BooleanField(default=True, editable=False)
    # A job is on its way: it makes the values unique, or seals those that still lie in clear.
    is_guarding = models.BooleanField(default=False, db_default=False, editable=False)
    is_sealing = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "properties"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "name"], name="property_name"),
        ]

    def __str__(self) -> str:
        return self.name


class SchemaEpoch(models.Model):
    """One row that triggers move on with every change of a collection or property.

    Processes keep compiled schemas and compare this number inside the statement that uses them.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    value = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.value)


class CollectionUserGrant(UserObjectPermissionBase):
    """A person or client may use one capability on one collection."""

    content_object = models.ForeignKey(Collection, models.CASCADE)
    valid_until = models.DateTimeField(null=True, blank=True)


class CollectionRoleGrant(GroupObjectPermissionBase):
    """Whoever holds the role may use one capability on one collection."""

    content_object = models.ForeignKey(Collection, models.CASCADE)
    valid_until = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
