"""How large a secret may be, and how many of its versions stay."""

from __future__ import annotations

from django.conf import settings

from secrets_app import refusals
from secrets_app.payload import Payload
from secrets_app.records import SecretInfo
from vaultportal.errors import Fault


def check(payload: Payload) -> None:
    """Invalid when the JSON text of the data is longer than ``SECRETS_MAX_DATA`` bytes."""
    if payload.size > settings.SECRETS_MAX_DATA:
        most = settings.SECRETS_MAX_DATA
        raise refusals.invalid(Fault("data", "range", f"must have at most {most} bytes"))


def versions_to_keep(info: SecretInfo) -> int:
    """How many versions of the secret there may be, the current one counted; at least 1."""
    return max(1, info.keep_versions or settings.SECRETS_KEEP_VERSIONS)
