"""Credentials that everybody knows, because vendors print them in their documents."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from vaultportal.errors import Fault, Invalid

KNOWN = frozenset({"pvaultauth"})
# Where the environment may bring a credential, and so a sample one.
VARIABLES = ("PVAULT_SERVICE_ADMIN_API_KEY",)
LEAST = 15


def require_strong_key(key: str) -> None:
    """Invalid unless ``key`` has 15 characters with a digit, a lower and an upper case letter.

    A known sample passes outside of production only, where a local trial may need it.

    Source: Piiano Vault, ``POST /ctl/iam/admin/set-api-key``.
    """
    if key in KNOWN and not settings.IS_PRODUCTION:
        return
    strong = len(key) >= LEAST and all(
        any(test(character) for character in key)
        for test in (str.isdigit, str.islower, str.isupper)
    )
    if key in KNOWN or not strong:
        message = "must have 15 characters with a digit, a lower and an upper case letter"
        raise Invalid(
            message=f"The key {message}.",
            reason="weak_key",
            faults=(Fault("key", "format", message),),
        )


@register()
def refuse_in_production(**_: Any) -> list[CheckMessage]:
    """The start is refused when production would run on a credential from a vendor's page."""
    if not settings.IS_PRODUCTION:
        return []
    return [
        Error(
            f"{name} holds a sample credential that everybody knows.",
            hint=f"Set {name} to a key of your own, or leave it out.",
            id="directory.E001",
        )
        for name in VARIABLES
        if os.environ.get(name) in KNOWN
    ]
