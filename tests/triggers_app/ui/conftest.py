"""Browsers of people with and without rights, on one database."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

from tests.factories import make_person, make_role, member_of
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.identity.permissions import PermissionEnum


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.TRIGGERS_EGRESS_ALLOW = ["127.0.0.0/8"]
    settings.TRIGGERS_ALLOW_HTTP = True


def signed_in(user: User) -> Client:
    """A browser in which ``user`` has just signed in."""
    client = Client()
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, method="password")
    request.session.save()
    return client


@pytest.fixture
def admin() -> Client:
    """A browser of an administrator."""
    return signed_in(member_of(make_person(), Role.objects.get(name=ADMIN)))


def holder_of(*permissions: PermissionEnum) -> Client:
    """A browser of somebody with these rights on all rows."""
    return signed_in(member_of(make_person(), make_role(permissions=permissions)))


@pytest.fixture
def stranger() -> Client:
    """A browser of somebody who has signed in and holds nothing."""
    return signed_in(make_person())
