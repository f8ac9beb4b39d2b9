"""A column type of PostgreSQL that Django does not know."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Func


class TransactionIdField(models.BigIntegerField):  # type: ignore[type-arg]  # generic in the stubs only
    """The 64-bit id of a transaction (``xid8``), which never wraps around."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class CurrentTransaction(Func):
    """The id of the transaction that runs."""

    function = "pg_current_xact_id"
    arity = 0
    output_field = TransactionIdField()
