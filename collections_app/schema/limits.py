"""The limits that an operator may set for values, read once from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Limits:
    """max_string_length in characters, max_blob_length in bytes; luhn: card numbers are checked."""

    max_string_length: int
    max_blob_length: int
    luhn: bool


@cache
def limits() -> Limits:
    """The limits of this process."""
    return Limits(
        max_string_length=settings.PVAULT_DB_MAX_STRING_LENGTH,
        max_blob_length=settings.PVAULT_DB_MAX_BLOB_LENGTH,
        luhn=not settings.PVAULT_FEATURES_DISABLE_CC_LUHN_VALIDATION,
    )
