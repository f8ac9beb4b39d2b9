"""Objects and the rows that find them. Written by ``collections_app.rows`` in single statements."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from collections_app.models.collection import Collection
from vaultportal.identity.ids import uuid7


class Object(models.Model):
    """One object of a collection.

    seq: the order of insertion, which lists and cursors follow.
    object_id: the caller's identifier, unique within the collection.
    key_id: names its object key; without that key row ``cells`` never open again.
    cells: sealed values of encrypted properties, packed by ``codec``.
    clear: values of NOT ENCRYPTED properties by property number.
    expires_at: its own end; ends_at: the earlier of its own end and its owner's.
    is_end_told: the event of its end is out.
    """

    seq = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(Collection, models.CASCADE, db_index=False)
    object_id = models.UUIDField()
    key_id = models.UUIDField(unique=True, default=uuid7)
    owner = models.ForeignKey("self", models.SET_NULL, null=True, db_index=False)
    tenant_id = models.TextField(null=True)  # noqa: DJ001 null is "no tenant", as on the wire
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    is_end_told = models.BooleanField(default=False, db_default=False)
    grams_due = models.BooleanField(default=False)
    clear = models.JSONField(default=dict)
    cells = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "object_id"], name="object_id"),
        ]
        indexes = [
            models.Index(fields=["collection", "seq"], include=["ends_at"], name="object_page"),
            models.Index(fields=["collection", "tenant_id", "seq"], name="object_tenant",
                         condition=Q(tenant_id__isnull=False)),
            models.Index(fields=["owner"], name="object_owner", condition=Q(owner__isnull=False)),
            models.Index(fields=["ends_at"], name="object_end", condition=Q(ends_at__isnull=False)),
            models.Index(fields=["ends_at"], name="object_end_untold",
                         condition=Q(ends_at__isnull=False, is_end_told=False)),
            models.Index(fields=["collection", "seq"], name="object_grams_due",
                         condition=Q(grams_due=True)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.object_id)


class IndexEntry(models.Model):
    """Finds objects by one value of an indexed or unique property.

    key: for an encrypted property the 16-byte keyed digest of the normalized value, for a clear one
    the value itself (its end replaced by a digest when it is long).
    guard: the object is active and the property unique, so no other may have this key.
    """

    pk = models.CompositePrimaryKey("object_id", "property_id")
    object = models.ForeignKey(Object, models.CASCADE, db_index=False)
    property_id = models.IntegerField()
    key = models.BinaryField()
    guard = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["property_id", "key"], condition=Q(guard=True), name="index_entry_guard"
            ),
        ]
        indexes = [
            models.Index(fields=["property_id", "key", "object"], name="index_entry_search"),
        ]

    def __str__(self) -> str:
        return f"property {self.property_id} of object {self.object_id}"


class SubstringEntry(models.Model):
    """The keyed hashes of all three-letter pieces of one value, for ``like``."""

    pk = models.CompositePrimaryKey("object_id", "property_id")
    object = models.ForeignKey(Object, models.CASCADE, db_index=False)
    property_id = models.IntegerField()
    grams = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [
            GinIndex(fields=["grams"], name="substring_entry_grams"),
            models.Index(fields=["property_id"], name="substring_entry_property"),
        ]

    def __str__(self) -> str:
        return f"property {self.property_id} of object {self.object_id}"
