"""Columns that models of every app have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


def doer(label: str | _StrPromise) -> models.ForeignKey[Any, Any]:
    """Who did it; empty once that person is gone. The row neither depends on them nor lists them.

    label: "created by", "author" …, in the language of the reader.
    """
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=label,
    )
