"""When the person at this browser last showed who they are."""

from __future__ import annotations

import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

# The method of records that a provider of sign-ins made: theirs are as old as it says.
OUTSIDE = "socialaccount"


def provider(request: HttpRequest, user: AbstractBaseUser) -> str:
    """The provider on whose word ``user`` has just signed in; "" when it was a password or key."""
    firsts = [
        record
        for record in get_authentication_records(request, user)
        if record["method"] != "mfa" or record.get("passwordless")
    ]
    return str(firsts[-1].get("provider", "")) if firsts else ""


def is_from_outside(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Whether a provider has vouched for the person in this session, at its beginning or later."""
    records = get_authentication_records(request, user)
    return any(record["method"] == OUTSIDE for record in records)


def is_recent(request: HttpRequest) -> bool:
    """Whether a password, code or passkey was given in this session within the last 15 minutes.

    The time is ACCOUNT_REAUTHENTICATION_TIMEOUT. Signing in counts as well as proving it again.
    """
    records = get_authentication_records(request, request.user)
    if not records:
        return False
    age = time.time() - float(records[-1]["at"])
    return 0 <= age < float(app_settings.REAUTHENTICATION_TIMEOUT)
