"""Tables of the tests' own, with every kind of sealed cell."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models

from vaultportal.crypto.fields import VaultJSONField, VaultTextField

LABEL = "crypto_samples"


class Credential(models.Model):
    """The portal's own credentials."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    name = models.TextField(default="")
    secret = VaultTextField(null=True)
    note = VaultTextField(null=True)
    config = VaultJSONField(null=True)

    objects: ClassVar[models.Manager[Credential]] = models.Manager()

    class Meta:
        app_label = LABEL
        db_table = "crypto_samples_credential"

    def __str__(self) -> str:
        return self.name


class Twin(models.Model):
    """The same columns in another table."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    name = models.TextField(default="")
    secret = VaultTextField(null=True)

    objects: ClassVar[models.Manager[Twin]] = models.Manager()

    class Meta:
        app_label = LABEL
        db_table = "crypto_samples_twin"

    def __str__(self) -> str:
        return self.name


class Cell(models.Model):
    """Values that services seal themselves, under the key of their object."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    object_id = models.UUIDField()
    scope = models.TextField()
    column = models.TextField()
    sealed = models.BinaryField()

    objects: ClassVar[models.Manager[Cell]] = models.Manager()

    class Meta:
        app_label = LABEL
        db_table = "crypto_samples_cell"

    def __str__(self) -> str:
        return self.column
