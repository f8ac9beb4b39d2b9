"""A number that changes with everything that authentication reads."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class IdentityEpoch(models.Model):
    """One row. Triggers raise ``value`` in the very transaction that changes who may do what.

    Caches of actors compare it, so a revocation is seen at the next request of every process.
    It is a row and not a sequence: a sequence would show its new value before the commit, and a
    cache could then keep the old rights under the new number.

    gated: triggers that some gate binds to an operation, kept by a trigger on the table of gates.
        It stands here so that an operation which nobody gates pays nothing to know that. NULL, as
        in a row that was made anew, is "not known": then everything asks.
    """

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    value = models.BigIntegerField(editable=False)
    gated = ArrayField(models.TextField(), null=True, editable=False)

    class Meta:
        verbose_name = "identity epoch"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="identity_epoch_one_row")]

    def __str__(self) -> str:
        return str(self.value)
