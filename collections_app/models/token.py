"""Tokens: names that stand for values outside the vault."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from collections_app.models.collection import Collection
from collections_app.models.object import Object
from vaultportal.identity.ids import uuid7

LONGEST_TOKEN_ID = 128
LONGEST_SCOPE = 256


class Token(models.Model):
    """What one object (or one set of bare values) contributed to a token id.

    Several objects with the same values may stand behind one ``token_id``: one row each.
    props: numbers of the properties; cells: their frozen values, empty for pointers.
    lookup: keyed digest of kind, scope and values, by which a ``pci`` id is found again.
    """

    class Type(models.TextChoices):
        PCI = "pci"
        PCI_ONEWAY = "pci_oneway"
        POINTER = "pointer"
        RANDOMIZED = "randomized"
        DETERMINISTIC = "deterministic"

    id = models.BigAutoField(primary_key=True)
    collection = models.ForeignKey(Collection, models.CASCADE, db_index=False)
    token_id = models.CharField(max_length=LONGEST_TOKEN_ID, db_collation="C")
    type = models.CharField(max_length=13, choices=Type)
    scope = models.CharField(max_length=LONGEST_SCOPE)
    object = models.ForeignKey(Object, models.CASCADE, null=True, related_name="tokens")
    tenant_id = models.TextField(null=True)  # noqa: DJ001 null is "no tenant", as on the wire
    key_id = models.UUIDField(unique=True, default=uuid7)
    props = ArrayField(models.IntegerField())
    lookup = models.BinaryField(null=True)
    cells = models.BinaryField()
    tags = ArrayField(models.TextField(), default=list)
    template = models.JSONField(null=True)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "token_id", "object"],
                name="token_id_of_object",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(fields=["collection", "id"], name="token_page"),
            models.Index(fields=["collection", "lookup"], name="token_lookup",
                         condition=Q(lookup__isnull=False)),
            models.Index(fields=["expires_at"], name="token_end",
                         condition=Q(expires_at__isnull=False)),
            GinIndex(fields=["tags"], name="token_tags"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.type} token {self.pk}"


class TransactionId(models.Model):
    """A caller's name for one tokenize call, good for one use in a collection."""

    collection = models.ForeignKey(Collection, models.CASCADE, db_index=False)
    operation = models.CharField(max_length=32)
    name = models.CharField(max_length=256, db_collation="C")
    ref_ids = ArrayField(models.TextField())
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["collection", "operation", "name"], name="transaction_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"transaction id {self.pk}"
