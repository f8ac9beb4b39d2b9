"""No table: the right to read the metrics must belong to a model."""

from __future__ import annotations

from django.db import models


class Metrics(models.Model):
    """The numbers at ``/metrics``."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = (("view_metrics", "Can read the metrics"),)

    def __str__(self) -> str:
        return "metrics"
