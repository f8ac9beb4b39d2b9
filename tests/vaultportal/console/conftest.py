"""A browser of staff with a second factor."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tests import factories
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN


def staff(*, factor: bool = True) -> User:
    """An administrator who may enter the console."""
    person = factories.make_person(username=factories.unique("staff"), is_staff=True)
    if factor:
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    return factories.member_of(person, Role.objects.get(name=ADMIN))


@pytest.fixture
def manager() -> User:
    return staff()


@pytest.fixture
def console(manager: User) -> Client:
    """The manager's browser, signed in a moment ago."""
    return sign_in(manager)
