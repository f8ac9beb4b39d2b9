"""The tables of secrets: one module a subject, all of them importable from here."""

from __future__ import annotations

from secrets_app.models.changes import SecretChange
from secrets_app.models.checkouts import Checkout
from secrets_app.models.grants import SecretRoleGrant, SecretUserGrant
from secrets_app.models.links import LinkReceipt, OneTimeLink
from secrets_app.models.secret import Secret, SecretVersion
from secrets_app.models.transfers import ImportJob
from secrets_app.models.types import SecretType

__all__ = [
    "Checkout",
    "ImportJob",
    "LinkReceipt",
    "OneTimeLink",
    "Secret",
    "SecretChange",
    "SecretRoleGrant",
    "SecretType",
    "SecretUserGrant",
    "SecretVersion",
]
