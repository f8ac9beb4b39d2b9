"""Numbers of the wire: int32, drawn from sequences of the database, so that none comes twice."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Func, Value
from django.utils.translation import gettext_lazy as _

# Vaults and machines are both *clients* of the wire: one sequence names both.
CLIENTS = "s3vault_client_number"
PLANS = "s3vault_plan_number"
POOLS = "s3vault_pool_number"


def wire_number(sequence: str) -> models.IntegerField[Any, Any]:
    """A column that takes its value from ``sequence`` when the row is inserted."""
    return models.IntegerField(
        _("number"),
        unique=True,
        editable=False,
        db_default=Func(Value(sequence), function="nextval", output_field=models.IntegerField()),
    )
